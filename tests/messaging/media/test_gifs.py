"""Moving pictures made fit: they keep moving, and for as long as before."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from engine.messaging.media.containers import FRAME, gif_pieces
from engine.messaging.media.fitting import fit
from engine.messaging.media.inspection import inspect
from engine.messaging.media.picture import BadMedia, Fitted
from tests.messaging.media.drawn import ball, gif, noise, noisy_frames, photo, play_time, read, stored


def moving(data: bytes, limit: int) -> Fitted:
    """It holds what is promised of every moving picture."""
    found = fit(data, limit)
    assert found.info.kind == "gif" and found.info.bytes <= limit and found.frames > 1
    assert inspect(found.data) == found.info
    shown = read(found.data)
    assert shown.n_frames == found.frames  # type: ignore[attr-defined]
    assert play_time(found.data) == play_time(data)
    assert not any(opaque.has_transparency_data for opaque in frames_of(found.data))
    assert fit(data, limit) == found
    again = fit(found.data, limit)
    assert (again.data, again.actions) == (found.data, ())
    return found


def frames_of(data: bytes) -> list[Image.Image]:
    image = read(data)
    frames = []
    for frame in range(getattr(image, "n_frames", 1)):
        image.seek(frame)
        image.load()
        frames.append(image.copy())
    return frames


def reds(data: bytes) -> list[int | None]:
    """How far to the left the ball is in each frame."""
    found = []
    for frame in frames_of(data):
        red, green, _ = frame.convert("RGB").split()
        ball = Image.composite(red, Image.new("L", red.size), green.point(lambda level: 255 if level < 90 else 0))
        box = ball.point(lambda level: 255 if level > 160 else 0).getbbox()
        found.append(box[0] if box else None)
    return found


def test_what_is_right_goes_through_byte_for_byte() -> None:
    for data in (
        gif([ball(n) for n in range(6)], loop=0),
        gif([ball(n) for n in range(6)], optimize=True),  # what does not change is see-through, and never seen through
        gif([ball(n) for n in range(6)], disposal=2),
    ):
        found = fit(data)
        assert (found.data, found.actions, found.frames) == (data, (), 6)


def test_comments_go_and_nothing_else_does() -> None:
    frames = [ball(n) for n in range(5)]
    noted = gif(frames, loop=2, comment=b"secret")
    noted = noted[:-1] + b"\x21\xff\x0bXMP DataXMP\x06secret\x00;" + b"behind"
    found = fit(noted)
    assert (found.data, found.actions) == (gif(frames, loop=2), ("metadata removed",))


def test_a_film_that_is_too_heavy_keeps_moving_for_as_long() -> None:
    data = gif(noisy_frames(16, (200, 150)), [70 + 10 * (n % 4) for n in range(16)], loop=0)
    found = moving(data, len(data) // 8)
    assert found.info.bytes > len(data) // 8 * 0.5  # the room is used
    assert 6 <= found.frames < 16 and 160 <= found.info.width < 200
    assert all(any(word in each for each in found.actions) for word in ("frame kept", "colours", "made smaller"))
    assert read(found.data).info["loop"] == 0


def test_a_little_too_heavy_loses_a_little() -> None:
    data = gif([ball(n, (300, 220)) for n in range(20)])
    found = moving(data, len(data) - 300)
    assert (found.frames, found.info.width) == (20, 300)
    lefts = [left for left in reds(found.data) if left is not None]
    assert lefts == sorted(lefts) and len(set(lefts)) == 20


def test_it_is_played_as_often_as_before() -> None:
    for options, wanted in (({}, None), ({"loop": 0}, 0), ({"loop": 3}, 3)):
        data = gif(noisy_frames(6, (80, 60)), **options)
        assert read(moving(data, len(data) * 2 // 3).data).info.get("loop") == wanted


def test_a_film_for_a_larger_screen_gets_smaller() -> None:
    found = moving(gif([ball(n, (1300, 300)) for n in range(4)]), 500_000)
    assert (found.info.width, found.info.height) == (1080, 249)
    assert "made smaller" in found.actions


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_each_frame_is_seen_as_it_is_played(disposal: int) -> None:
    """A see-through ball on top of what its frame's forerunner left behind."""
    clear = gif([ball(n * 2, mode="RGBA", ground=(0, 0, 0, 0)) for n in range(6)], disposal=disposal)
    played = [frame.convert("RGBA") for frame in frames_of(clear)]
    found = moving(clear, 500_000)
    assert "transparency filled with white" in found.actions
    for before, after in zip(played, frames_of(found.data), strict=True):
        white = Image.new("RGBA", before.size, "white")
        white.alpha_composite(before)
        for place in ((5, 5), (25, 40), (60, 40), (90, 40)):
            assert white.getpixel(place)[:3] == after.convert("RGB").getpixel(place)  # type: ignore[index]


def test_small_things_keep_their_colour() -> None:
    """A blue button on a green board, the lips of a face: a palette of the most frequent colours paints them like what is around them."""
    board = noise((200, 160), seed=4).convert("L")
    green = Image.merge(
        "RGB", (board.point(lambda v: v // 8), board.point(lambda v: 90 + v // 2), board.point(lambda v: v // 5))
    )
    frames = []
    for n in range(8):
        frame = green.rotate(n)
        ImageDraw.Draw(frame).ellipse((90 + n, 70, 104 + n, 84), fill=(60, 120, 250))
        frames.append(frame)
    data = stored(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80, lossless=True)
    for limit in (500_000, 60_000):
        found = fit(data, limit)
        first = frames_of(found.data)[0].convert("RGB")
        scale = first.width / 200
        shown = first.getpixel((round(97 * scale), round(77 * scale)))
        assert isinstance(shown, tuple) and max(abs(a - b) for a, b in zip(shown, (60, 120, 250), strict=True)) <= 24


def test_what_cannot_be_made_to_move_says_so() -> None:
    with pytest.raises(BadMedia, match="fewer frames") as found:
        fit(gif(noisy_frames(20, (160, 120))), 8_000)
    assert found.value.fault == "bytes"


def test_what_is_tried_is_bounded_by_counting() -> None:
    from engine.messaging.media import gifs

    frames = [photo((64, 48))] * 40
    reel = gifs.Reel(frames, [80] * 40, None, False)
    plans = [gifs._plan(reel, share / 50) for share in range(51)]
    weights = [plan.size[0] * plan.size[1] // plan.step for plan in plans]
    assert plans[50] == gifs.Plan((64, 48), 1, 256)
    assert weights[0] == min(weights)
    assert gifs.TRIES * gifs.WORKING >= gifs.TRIED  # never more than that, however many tries


def test_a_gif_of_one_frame_is_a_still_picture() -> None:
    data = gif([ball(0, mode="RGBA", ground=(0, 0, 0, 0))])
    assert sum(piece.name == FRAME for piece in gif_pieces(data)) == 1
    found = fit(data)
    assert (found.info.kind, found.frames) == ("png", 1)
