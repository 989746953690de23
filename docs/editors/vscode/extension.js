// Starts `leadoff lsp`, which does the work, and hands it the YAML files of the workspace.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
  if (!vscode.workspace.isTrusted) return; // a folder that nobody trusts runs nothing
  const command = vscode.workspace.getConfiguration("leadoff").get("command") || "leadoff";
  client = new LanguageClient(
    "leadoff",
    "Leadoff",
    { command, args: ["lsp"] },
    { documentSelector: [{ scheme: "file", language: "yaml" }] },
  );
  await client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
