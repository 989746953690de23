-- A database as 8b28c4e wrote it, the last version before the revisions became one: Ada and Cy wait (Cy has opted out since), Ben has bought.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE aside (
	id INTEGER NOT NULL,
	sender VARCHAR NOT NULL,
	provider_id VARCHAR NOT NULL,
	report TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE attempt (
	id INTEGER NOT NULL,
	message BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	outcome VARCHAR NOT NULL,
	code VARCHAR,
	detail VARCHAR,
	PRIMARY KEY (id)
);
INSERT INTO "attempt" VALUES(1,4,1806588000000,1806588000000,'accepted',NULL,NULL);
INSERT INTO "attempt" VALUES(2,5,1806588000000,1806588000000,'accepted',NULL,NULL);
INSERT INTO "attempt" VALUES(3,6,1806588000000,1806588000000,'accepted',NULL,NULL);
CREATE TABLE consent (
	phone VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	proof VARCHAR,
	PRIMARY KEY (phone)
);
INSERT INTO "consent" VALUES('+12025550143','subscribed','test',1806588000000,NULL);
INSERT INTO "consent" VALUES('+13125550123','subscribed','test',1806588000000,NULL);
INSERT INTO "consent" VALUES('+14165550123','unsubscribed','test',1806588000000,NULL);
CREATE TABLE consent_log (
	id INTEGER NOT NULL,
	phone VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	proof VARCHAR,
	recorded_at BIGINT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "consent_log" VALUES(1,'+12025550143','subscribed','test',1806588000000,NULL,1806588000000);
INSERT INTO "consent_log" VALUES(2,'+13125550123','subscribed','test',1806588000000,NULL,1806588000000);
INSERT INTO "consent_log" VALUES(3,'+14165550123','subscribed','test',1806588000000,NULL,1806588000000);
INSERT INTO "consent_log" VALUES(4,'+14165550123','unsubscribed','test',1806588000000,NULL,1806588000000);
CREATE TABLE contact (
	id INTEGER NOT NULL,
	"key" VARCHAR NOT NULL,
	phone VARCHAR NOT NULL,
	region VARCHAR NOT NULL,
	zone VARCHAR NOT NULL,
	fields TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL, unreachable VARCHAR,
	PRIMARY KEY (id),
	UNIQUE ("key"),
	UNIQUE (phone)
);
INSERT INTO "contact" VALUES(1,'+12025550143','+12025550143','US','America/New_York','{"first_name":"Ada"}',1806588000000,1806588000000,NULL);
INSERT INTO "contact" VALUES(2,'+13125550123','+13125550123','US','America/Chicago','{"first_name":"Ben"}',1806588000000,1806588000000,NULL);
INSERT INTO "contact" VALUES(3,'+14165550123','+14165550123','CA','America/Toronto','{"first_name":"Cy"}',1806588000000,1806588000000,NULL);
CREATE TABLE contact_change (
	contact INTEGER NOT NULL,
	hops INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (contact)
);
CREATE TABLE deployment (
	id INTEGER NOT NULL,
	hash VARCHAR NOT NULL,
	"commit" VARCHAR,
	dirty BOOLEAN NOT NULL,
	at BIGINT NOT NULL,
	content TEXT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "deployment" VALUES(1,'0df4f0e4b498f232e3a01be79ad5274f3555e0c57ee8d622c9211fa8dbcc8fd3',NULL,0,1806588000000,'{"files":{"flows/welcome.yaml":"flow: welcome\nlanguage: 1\ntrigger: {event: list.joined}\nexit_when:\n  - when: {happened: order.placed}\n    reason: converted\nsteps:\n  - id: hello\n    sms: \"Acme: Hi {{ contact.first_name | default(''you'') }}. Reply STOP to opt out\"\n  - id: think\n    delay: 2d\n  - id: reminder\n    sms: \"Acme: Still there?\"\n","leadoff.yaml":"project: test-shop\nbrand: Acme\ntimezone: America/New_York\nquiet_hours: off\nsenders:\n  main: {provider: simulator, number: \"+18445550100\", rate: 1000, countries: [US, CA, JM]}\ncountries: [US, CA, JM]\nlinks: {shop: \"https://acme.example/spring\"}\nfields: {tier: text, orders: integer}\nevents:\n  list.joined: {list: text}\n  order.placed: {order_id: text, total: money}\n"},"media":{}}');
CREATE TABLE event (
	id INTEGER NOT NULL,
	contact BIGINT,
	kind INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	occurred_at BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	data TEXT,
	run BIGINT,
	outside_id VARCHAR,
	digest VARCHAR,
	pending INTEGER NOT NULL, hops INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "event" VALUES(1,1,0,'list.joined',1806588000000,1806588000000,NULL,NULL,NULL,NULL,0,0);
INSERT INTO "event" VALUES(2,2,0,'list.joined',1806588000000,1806588000000,NULL,NULL,NULL,NULL,0,0);
INSERT INTO "event" VALUES(3,3,0,'list.joined',1806588000000,1806588000000,NULL,NULL,NULL,NULL,0,0);
INSERT INTO "event" VALUES(4,1,3,'@status',1806588000000,1806588000000,'{"key":[1,1,0],"status":"sent","provider_id":"sim-e84d7659-1","reason":null}',1,'st:sim-e84d7659-1:sent','',0,0);
INSERT INTO "event" VALUES(5,1,3,'@status',1806588000000,1806588000000,'{"key":[1,1,0],"status":"delivered","provider_id":"sim-e84d7659-1","reason":null}',1,'st:sim-e84d7659-1:delivered','',0,0);
INSERT INTO "event" VALUES(6,2,3,'@status',1806588000000,1806588000000,'{"key":[2,2,0],"status":"sent","provider_id":"sim-e84d7659-2","reason":null}',2,'st:sim-e84d7659-2:sent','',0,0);
INSERT INTO "event" VALUES(7,2,3,'@status',1806588000000,1806588000000,'{"key":[2,2,0],"status":"delivered","provider_id":"sim-e84d7659-2","reason":null}',2,'st:sim-e84d7659-2:delivered','',0,0);
INSERT INTO "event" VALUES(8,3,3,'@status',1806588000000,1806588000000,'{"key":[3,3,0],"status":"sent","provider_id":"sim-e84d7659-3","reason":null}',3,'st:sim-e84d7659-3:sent','',0,0);
INSERT INTO "event" VALUES(9,3,3,'@status',1806588000000,1806588000000,'{"key":[3,3,0],"status":"delivered","provider_id":"sim-e84d7659-3","reason":null}',3,'st:sim-e84d7659-3:delivered','',0,0);
INSERT INTO "event" VALUES(10,2,0,'order.placed',1806588000000,1806588000000,'{"order_id":"7"}',NULL,NULL,NULL,0,0);
CREATE TABLE firing (
	id INTEGER NOT NULL,
	flow INTEGER NOT NULL,
	"trigger" VARCHAR NOT NULL,
	zone VARCHAR,
	event BIGINT NOT NULL,
	cursor BIGINT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE flow (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL, paused_at BIGINT,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "flow" VALUES(1,'@answers',NULL);
INSERT INTO "flow" VALUES(2,'@tests',NULL);
INSERT INTO "flow" VALUES(3,'welcome',NULL);
CREATE TABLE forgotten (
	hash VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (hash)
);
CREATE TABLE journal (
	id INTEGER NOT NULL,
	contact BIGINT NOT NULL,
	run BIGINT,
	flow INTEGER NOT NULL,
	step INTEGER,
	at BIGINT NOT NULL,
	kind VARCHAR NOT NULL,
	note VARCHAR,
	PRIMARY KEY (id)
);
CREATE TABLE link (
	code VARCHAR NOT NULL,
	contact BIGINT NOT NULL,
	run BIGINT NOT NULL,
	step INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	url TEXT NOT NULL,
	PRIMARY KEY (code)
);
CREATE TABLE membership (
	contact BIGINT NOT NULL,
	segment VARCHAR NOT NULL,
	PRIMARY KEY (contact, segment)
)
 WITHOUT ROWID

;
CREATE TABLE message (
	id INTEGER NOT NULL,
	contact BIGINT NOT NULL,
	run BIGINT NOT NULL,
	step INTEGER NOT NULL,
	flow INTEGER NOT NULL,
	deployment INTEGER NOT NULL,
	status INTEGER NOT NULL,
	sender VARCHAR,
	category VARCHAR NOT NULL,
	text TEXT NOT NULL,
	media VARCHAR,
	parts INTEGER NOT NULL,
	price BIGINT NOT NULL,
	queued_at BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	expires_at BIGINT,
	sent_at BIGINT,
	attempts INTEGER NOT NULL,
	provider_id VARCHAR,
	reason VARCHAR, skips INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "message" VALUES(1,1,0,0,0,0,5,NULL,'marketing','',NULL,1,0,1798812000000,1798812000000,NULL,1798812000000,1,NULL,NULL,0);
INSERT INTO "message" VALUES(2,2,0,0,0,0,5,NULL,'marketing','',NULL,1,0,1798812000000,1798812000000,NULL,1798812000000,1,NULL,NULL,0);
INSERT INTO "message" VALUES(3,3,0,0,0,0,5,NULL,'marketing','',NULL,1,0,1798812000000,1798812000000,NULL,1798812000000,1,NULL,NULL,0);
INSERT INTO "message" VALUES(4,1,1,0,3,1,5,'main','marketing','Acme: Hi Ada. Reply STOP to opt out',NULL,1,15000,1806588000000,1806588000000,1806631200000,1806588000000,1,'sim-e84d7659-1',NULL,0);
INSERT INTO "message" VALUES(5,2,2,0,3,1,5,'main','marketing','Acme: Hi Ben. Reply STOP to opt out',NULL,1,15000,1806588000000,1806588000000,1806631200000,1806588000000,1,'sim-e84d7659-2',NULL,0);
INSERT INTO "message" VALUES(6,3,3,0,3,1,5,'main','marketing','Acme: Hi Cy. Reply STOP to opt out',NULL,1,15000,1806588000000,1806588000000,1806631200000,1806588000000,1,'sim-e84d7659-3',NULL,0);
CREATE TABLE meta (
	name VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('link_secret','d11c8cecbaff19bc6946bd97af5b2e2cbc1183f1eeb1b0549d673c3b6ff91271');
CREATE TABLE notice (
	id INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	subject VARCHAR NOT NULL,
	contact BIGINT,
	at BIGINT NOT NULL,
	note VARCHAR NOT NULL,
	done_at BIGINT,
	PRIMARY KEY (id),
	UNIQUE (subject)
);
CREATE TABLE run (
	id INTEGER NOT NULL,
	contact BIGINT NOT NULL,
	flow INTEGER NOT NULL,
	lane BIGINT NOT NULL,
	step INTEGER,
	status INTEGER NOT NULL,
	due_at BIGINT,
	due_wall BIGINT,
	entered_at BIGINT NOT NULL,
	stayed BIGINT NOT NULL,
	event BIGINT,
	deployment INTEGER,
	reason VARCHAR,
	exited_at BIGINT,
	PRIMARY KEY (id)
);
INSERT INTO "run" VALUES(1,1,3,0,1,0,1806760800000,1806746400000,1806588000000,0,1,NULL,NULL,NULL);
INSERT INTO "run" VALUES(2,2,3,0,1,2,NULL,NULL,1806588000000,0,2,NULL,'converted',1806591600000);
INSERT INTO "run" VALUES(3,3,3,0,1,0,1806760800000,1806746400000,1806588000000,0,3,NULL,NULL,NULL);
CREATE TABLE schedule (
	flow INTEGER NOT NULL,
	"trigger" VARCHAR NOT NULL,
	zone VARCHAR NOT NULL,
	due_wall BIGINT,
	due_at BIGINT,
	PRIMARY KEY (flow, "trigger", zone)
);
CREATE TABLE segment (
	name VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	sweep_at BIGINT,
	cursor BIGINT NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE sender (
	name VARCHAR NOT NULL,
	free_at BIGINT NOT NULL,
	closed_until BIGINT NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "sender" VALUES('main',1806588000003,0);
CREATE TABLE spent (
	day VARCHAR NOT NULL,
	amount BIGINT NOT NULL,
	PRIMARY KEY (day)
);
INSERT INTO "spent" VALUES('2027-04-01',45000);
CREATE TABLE step (
	flow INTEGER NOT NULL,
	number INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	PRIMARY KEY (flow, number)
);
INSERT INTO "step" VALUES(1,0,'opt_out');
INSERT INTO "step" VALUES(1,1,'opt_in');
INSERT INTO "step" VALUES(1,2,'help');
INSERT INTO "step" VALUES(2,0,'test');
INSERT INTO "step" VALUES(3,0,'hello');
INSERT INTO "step" VALUES(3,1,'think');
INSERT INTO "step" VALUES(3,2,'reminder');
CREATE TABLE stopped (
	run INTEGER NOT NULL,
	flow INTEGER NOT NULL,
	due_at BIGINT,
	PRIMARY KEY (run)
);
CREATE TABLE token (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	hash VARCHAR NOT NULL,
	scope VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	revoked_at BIGINT,
	PRIMARY KEY (id),
	UNIQUE (hash),
	UNIQUE (name)
);
CREATE TABLE webhook (
	id INTEGER NOT NULL,
	contact BIGINT NOT NULL,
	run BIGINT NOT NULL,
	step INTEGER NOT NULL,
	flow INTEGER NOT NULL,
	status INTEGER NOT NULL,
	request TEXT NOT NULL,
	queued_at BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	attempts INTEGER NOT NULL,
	answer TEXT,
	PRIMARY KEY (id)
);
CREATE INDEX ix_attempt_message ON attempt (message);
CREATE INDEX ix_consent_log_phone ON consent_log (phone);
CREATE INDEX event_of ON event (contact, kind, name, occurred_at);
CREATE UNIQUE INDEX event_outside ON event (contact, outside_id) WHERE outside_id IS NOT NULL;
CREATE INDEX event_pending ON event (id) WHERE pending = 1;
CREATE INDEX journal_of ON journal (contact, run);
CREATE UNIQUE INDEX message_key ON message (contact, run, step);
CREATE INDEX message_open ON message (contact, id) WHERE status < 3;
CREATE INDEX message_provider ON message (provider_id) WHERE provider_id IS NOT NULL;
CREATE UNIQUE INDEX run_active ON run (contact, flow, lane) WHERE status < 2;
CREATE INDEX run_due ON run (due_at) WHERE status = 0;
CREATE INDEX run_parked ON run (id) WHERE status = 1;
CREATE INDEX run_past ON run (contact, flow, entered_at) WHERE status = 2;
CREATE UNIQUE INDEX webhook_key ON webhook (contact, run, step);
CREATE INDEX webhook_open ON webhook (status, due_at) WHERE status < 2;
CREATE INDEX contact_zone ON contact (zone);
CREATE INDEX schedule_due ON schedule (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX message_queue ON message (sender, due_at) WHERE status < 2;
CREATE INDEX message_texted ON message (contact, sent_at) WHERE category = 'marketing' AND sent_at IS NOT NULL;
CREATE INDEX notice_open ON notice (id) WHERE done_at IS NULL;
CREATE INDEX aside_of ON aside (sender, provider_id);
CREATE INDEX stopped_of ON stopped (flow, due_at);
CREATE INDEX message_unknown ON message (due_at) WHERE status = 11;
COMMIT;
