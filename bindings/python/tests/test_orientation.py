"""Pictures stand upright wherever their files say how the camera was held; Pillow reads the same files beside."""

import io
import struct
import time
import zlib

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

import facestyle as fs
import icc
import pngs

SMOOTH = np.fromfunction(lambda y, x, c: 20 + 2 * x + 3 * y + 7 * c, (24, 40, 3)).astype(np.uint8)
KINDS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "with restart markers": {"restart_marker_blocks": 1},
    "with tables of its own": {"optimize": True},
    "grey": {"grey": True},
}
# What stands between segments in files of phones and of programs that patch files.
STRAY = {
    "nothing": b"",
    "line feeds": b"\n" * 7,
    "a segment 00 E1": b"\x00\xe1" + struct.pack(">H", 10) + bytes(8),
    "filling": b"\xff" * 5,
    "a comment longer than it says": b"\xff\xfe\x00\x05note of a phone",
    "a comment of length 0": b"\xff\xfe\x00\x00",
    "a comment of length 1": b"\xff\xfe\x00\x01",
    "zeros behind FF": b"\xff\x00\xff\x00",
    "a marker that stands alone": b"\xff\x01",
}


def jpeg(grey=False, **options):
    file = io.BytesIO()
    picture = PIL.Image.fromarray(SMOOTH)
    (picture.convert("L") if grey else picture).save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def behind_the_first_segment(file, *inserted):
    end = 4 + struct.unpack(">H", file[4:6])[0]
    return file[:end] + b"".join(inserted) + file[end:]


def exif_block(orientation, tag=274):
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", tag, 3, 1, orientation, 0) + bytes(4)


def exif(orientation, tag=274):
    return segment(0xE1, b"Exif\0\0" + exif_block(orientation, tag))


def xmp(orientation):
    """As Adobe's programs write it."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def xmp_segment(packet):
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)


def decoded(file):
    with fs.Image.decode(file) as image:
        return image.to_array()


def by_pillow(file):
    return np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(file))).convert("RGB"))


# ---- JPEG ----


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stray", STRAY)
def test_what_stands_behind_stray_bytes_counts(stray, kind):
    file = jpeg(**KINDS[kind])
    plain = decoded(file)
    turned = behind_the_first_segment(file, STRAY[stray], exif(6), STRAY[stray])
    assert np.array_equal(decoded(turned), np.rot90(plain, -1))
    if stray != "a marker that stands alone":  # with which Pillow takes the file for none
        assert by_pillow(turned).shape == np.rot90(plain).shape
    profiled = jpeg(**KINDS[kind], icc_profile=icc.grey() if kind == "grey" else icc.rgb())
    assert not np.array_equal(decoded(profiled), plain)
    assert np.array_equal(decoded(behind_the_first_segment(profiled, STRAY[stray])), decoded(profiled))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stray", ["line feeds", "a segment 00 E1", "a comment longer than it says"])
def test_the_end_of_a_thumbnail_is_not_the_end_of_its_picture(stray, kind):
    file = jpeg(**KINDS[kind])
    thumbnail = exif_block(1) + jpeg()  # with an end of image
    whole = behind_the_first_segment(file, STRAY[stray], segment(0xE1, b"Exif\0\0" + thumbnail))
    assert np.array_equal(decoded(whole), decoded(file))
    scan = whole.rindex(b"\xff\xda")
    for count in (len(whole) - 1, len(whole) - 2, (scan + len(whole)) // 2, scan + 20):
        with pytest.raises(fs.FaceStyleError, match="JPEG"):
            decoded(whole[:count])


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_the_end_is_not_the_picture(kind):
    """A film behind a motion photo, the second picture of a pair, a camera's padding; and a note between scans and end."""
    file = jpeg(**KINDS[kind])
    plain = decoded(file)
    for behind in (b"\0" * 99, b"\xff" * 99, jpeg(), b"\0\0\0\x18ftypmp42" + bytes(500), exif(6)):
        assert np.array_equal(decoded(file + behind), plain)
        stray = behind_the_first_segment(file, b"\n", exif(8))
        assert np.array_equal(decoded(stray + behind), np.rot90(plain))
    noted = behind_the_first_segment(file, b"\n")[:-2] + segment(0xFE, b"\xff\xd9") + b"\xff\xd9"
    assert np.array_equal(decoded(noted), plain)
    with pytest.raises(fs.FaceStyleError, match="no end of image"):  # the comment has one, the file has none
        decoded(noted[:-2])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_xmp_turns_where_exif_says_nothing(orientation):
    file, packet = jpeg(), xmp(orientation)
    wanted = by_pillow(behind_the_first_segment(file, exif(orientation)))
    for notes in (
        [xmp_segment(packet)],
        [exif(5, tag=271), xmp_segment(packet)],  # EXIF with another tag only
        [segment(0xE1, b"Exif\0\0II"), xmp_segment(packet)],
        [xmp_segment(packet), exif(orientation)],
        [xmp_segment(xmp(9 - orientation)), exif(orientation)],  # EXIF goes first, wherever it stands
        [exif(orientation), xmp_segment(xmp(9 - orientation))],
    ):
        turned = behind_the_first_segment(file, *notes)
        assert np.array_equal(decoded(turned), wanted) or np.abs(decoded(turned).astype(int) - wanted).max() <= 1
        if b"Exif\0\0II" + b"*" in turned or b"Exif" not in turned:  # of a broken block Pillow says so in another way
            assert by_pillow(turned).shape == wanted.shape


@pytest.mark.parametrize(
    "written, orientation",
    [
        ('<rdf:Description tiff:Orientation="6"/>', 6),
        ("<rdf:Description tiff:Orientation='6'/>", 6),
        ('<rdf:Description tiff:Orientation = "6" />', 6),
        ("<tiff:Orientation>6</tiff:Orientation>", 6),
        ("<tiff:Orientation>\n 6\n</tiff:Orientation>", 6),
        ("<tiff:Orientation></tiff:Orientation><tiff:Orientation>6</tiff:Orientation>", 6),
        ('<rdf:Description tiff:Orientation="0"/>', 1),
        ('<rdf:Description tiff:Orientation="9"/>', 1),
        ('<rdf:Description tiff:Orientation="66"/>', 1),
        ('<rdf:Description tiff:Orientation=""/>', 1),
        ('<rdf:Description tiff:Orientation="6', 1),
        ('<rdf:Description tiff:Orientation="6\'/>', 1),
        ("<rdf:Description tiff:Orientation", 1),
        ('<rdf:Description exif:Orientation="6"/>', 1),
    ],
)
def test_an_orientation_of_xmp_is_an_attribute_or_an_element(written, orientation):
    file = jpeg()
    turned = decoded(behind_the_first_segment(file, xmp_segment(written.encode())))
    assert np.array_equal(turned, np.rot90(decoded(file), -1 if orientation == 6 else 0))


# ---- PNG ----


def hexadecimal(name, data):
    """Of a "Raw profile type", as ImageMagick writes it: 36 bytes a line."""
    lines = [data[place : place + 36].hex() for place in range(0, len(data), 36)]
    return ("\n%s\n%8d\n" % (name, len(data)) + "\n".join(lines) + "\n").encode()


def text(kind, keyword, content):
    head = keyword + b"\0"
    if kind == b"tEXt":
        return pngs.chunk(kind, head + content)
    if kind == b"zTXt":
        return pngs.chunk(kind, head + b"\0" + zlib.compress(content))
    if kind == b"iTXt compressed":
        return pngs.chunk(b"iTXt", head + b"\1\0en\0a word\0" + zlib.compress(content))
    return pngs.chunk(b"iTXt", head + b"\0\0\0\0" + content)


def with_notes(*notes, at_end=False):
    file = pngs.written(SMOOTH, *([] if at_end else notes))
    return file[:-12] + b"".join(notes) + file[-12:] if at_end else file


TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iTXt compressed")


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_png_is_turned_by_notes_wherever_converters_put_them(orientation, at_end):
    block = exif_block(orientation)
    wanted = by_pillow(behind_the_first_segment(jpeg(), exif(orientation)))
    head = b"Exif\0\0"
    notes = {
        "eXIf": pngs.chunk(b"eXIf", block),
        "eXIf with a JPEG's head": pngs.chunk(b"eXIf", head + block),
        "eXIf with two": pngs.chunk(b"eXIf", head + head + block),
    }
    for kind in TEXTS:
        notes[f"exif in {kind}"] = text(kind, b"Raw profile type exif", hexadecimal("exif", head + block))
        notes[f"exif without its head in {kind}"] = text(kind, b"Raw profile type exif", hexadecimal("exif", block))
        notes[f"APP1 in {kind}"] = text(kind, b"Raw profile type APP1", hexadecimal("APP1", head + block))
        adobe = b"http://ns.adobe.com/xap/1.0/\0" + xmp(orientation)
        notes[f"APP1 of XMP in {kind}"] = text(kind, b"Raw profile type APP1", hexadecimal("APP1", adobe))
        notes[f"raw XMP in {kind}"] = text(kind, b"Raw profile type xmp", hexadecimal("xmp", xmp(orientation)))
    notes["XMP"] = text(b"iTXt", b"XML:com.adobe.xmp", xmp(orientation))
    notes["XMP compressed"] = text(b"iTXt compressed", b"XML:com.adobe.xmp", xmp(orientation))
    for name, note in notes.items():
        file = with_notes(note, at_end=at_end)
        picture = decoded(file)
        assert picture.shape == wanted.shape, name
        assert np.abs(picture.astype(int) - wanted).max() <= 12, name  # the wanted one went through a JPEG
        if not any(word in name for word in ("APP1", "raw XMP", "with two")):  # which Pillow does not read
            assert np.array_equal(by_pillow(file), picture), name


def test_the_first_note_with_an_orientation_counts():
    def raw(orientation, keyword="exif"):
        return text(b"zTXt", f"Raw profile type {keyword}".encode(), hexadecimal(keyword, exif_block(orientation)))

    packet = text(b"iTXt", b"XML:com.adobe.xmp", xmp(3))
    turned = np.rot90(SMOOTH, -1)
    for notes in (
        [packet, raw(8, "APP1"), raw(3), pngs.chunk(b"eXIf", exif_block(6))],
        [packet, pngs.chunk(b"eXIf", exif_block(5, tag=271)), raw(8, "APP1"), raw(6)],
        [packet, raw(6, "APP1")],
        [pngs.chunk(b"eXIf", b"no TIFF"), text(b"iTXt", b"XML:com.adobe.xmp", xmp(6))],
    ):
        assert np.array_equal(decoded(with_notes(*notes)), turned)


def test_a_note_with_a_wrong_check_sum_is_none():
    raw = text(b"tEXt", b"Raw profile type exif", hexadecimal("exif", exif_block(6)))
    for note in (pngs.chunk(b"eXIf", exif_block(6)), raw):
        assert np.array_equal(decoded(with_notes(note)), np.rot90(SMOOTH, -1))
        assert np.array_equal(decoded(with_notes(note[:-1] + bytes([note[-1] ^ 1]))), SMOOTH)


def test_notes_that_make_no_sense_leave_the_picture_as_it_is():
    block, raw = exif_block(6), b"Raw profile type exif\0"
    digits = hexadecimal("exif", block)
    for note in (
        pngs.chunk(b"tEXt", b""),
        pngs.chunk(b"tEXt", raw[:-1]),
        pngs.chunk(b"tEXt", raw),
        pngs.chunk(b"tEXt", raw + b"\n"),
        pngs.chunk(b"tEXt", raw + b"\nexif"),
        pngs.chunk(b"tEXt", raw + b"\nexif\n      26"),
        pngs.chunk(b"tEXt", raw + digits[:-1].replace(b"4949", b"xx49")),
        pngs.chunk(b"tEXt", raw + digits[:40]),
        pngs.chunk(b"tEXt", raw + zlib.compress(digits)),
        pngs.chunk(b"zTXt", raw),
        pngs.chunk(b"zTXt", raw + b"\0"),
        pngs.chunk(b"zTXt", raw + b"\0no deflate"),
        pngs.chunk(b"zTXt", raw + b"\1" + zlib.compress(digits)),  # an unknown way of compressing
        pngs.chunk(b"zTXt", raw + b"\0" + zlib.compress(digits)[:10]),
        pngs.chunk(b"iTXt", raw),
        pngs.chunk(b"iTXt", raw + b"\0"),
        pngs.chunk(b"iTXt", raw + b"\0\0"),
        pngs.chunk(b"iTXt", raw + b"\0\0en"),
        pngs.chunk(b"iTXt", raw + b"\0\0en\0"),
        pngs.chunk(b"iTXt", raw + b"\2\0\0\0" + digits),
        pngs.chunk(b"iTXt", raw + b"\1\1\0\0" + zlib.compress(digits)),
        pngs.chunk(b"tEXt", b"raw profile type exif\0" + digits),
        pngs.chunk(b"eXIf", b""),
        pngs.chunk(b"eXIf", b"Exif\0\0"),
        pngs.chunk(b"eXIf", b"Exif\0\0" * 1000),
    ):
        assert np.array_equal(decoded(with_notes(note)), SMOOTH), note


def test_a_text_that_inflates_without_end_is_read_at_its_beginning():
    digits = hexadecimal("exif", exif_block(6))
    bomb = zlib.compress(digits + bytes(1 << 28), 9)  # 256 KiB in the file
    begun = time.process_time()
    notes = [pngs.chunk(b"zTXt", b"Raw profile type %s\0\0" % name + bomb) for name in (b"exif", b"APP1", b"xmp")]
    assert np.array_equal(decoded(with_notes(*notes)), np.rot90(SMOOTH, -1))
    assert np.array_equal(decoded(with_notes(*notes * 20)), np.rot90(SMOOTH, -1))
    late = zlib.compress(b" " * (1 << 20) + xmp(6))
    assert np.array_equal(decoded(with_notes(pngs.chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + late))), SMOOTH)
    assert time.process_time() - begun < 5
