"""Photos on several Ray workers: what one process makes of them, whoever dies."""

import numpy as np
import pytest
from conftest import photo_file
from ray_here import cluster, die_once, ray  # noqa: F401

import facestyle as fs
import facestyle.ray
import pyarrow
import pyarrow.parquet as parquet
from facestyle.ray.galleries import GallerySink
from ray.data._internal.datasource.parquet_datasink import ParquetDatasink  # what write_parquet makes

OPTIONS = {"detector": "faces-yunet", "embedder": "faces-nn4"}


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """40 photos with faces and without, and one that is none."""
    folder = tmp_path_factory.mktemp("album")
    for name in ("obama", "biden"):
        with fs.Image.open(photo_file(f"{name}.jpg")) as photo:
            for i in range(17):
                with photo.resize(120 + 5 * i, (120 + 5 * i) * photo.height // photo.width) as small:
                    small.save(folder / f"{name}{i}.jpg")
    for i in range(5):
        with fs.Image.from_array(np.full((40, 40, 3), 50 * i, np.uint8)) as plain:
            plain.save(folder / f"plain{i}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def alone(album, tmp_path_factory):
    """The rows of one process, by path and face."""
    output = tmp_path_factory.mktemp("alone") / "faces.parquet"
    fs.embed_folder(album, output, **OPTIONS)
    return rows(parquet.read_table(output))


def rows(table):
    """Of tables: paths are names of files. Every number is compared, and a float32 that became a float is still the same number."""
    found = [{**row, "path": row["path"].rpartition("/")[2]} for row in table.to_pylist()]
    return sorted(found, key=lambda row: (row["path"], row["face"] or 0))


def binary(album):
    return ray.data.read_binary_files(str(album), include_paths=True, override_num_blocks=8)


def without_places_of_files(found):
    """An unreadable file's reason begins with its path, where there is one."""
    return [{**row, "error": row["error"] and row["error"].rpartition(": ")[2]} for row in found]


class DyingEmbedder(facestyle.ray.EmbedPhotos):
    """Dies with its fourth batch, the first worker that gets so far."""

    def __init__(self, marker, **options):
        super().__init__(**options)
        self._marker, self._batches = marker, 0

    def __call__(self, batch):
        self._batches += 1
        if self._batches == 4:
            die_once(self._marker)
        return super().__call__(batch)


class DyingSink(GallerySink):
    """Dies when the server has acknowledged a batch, before anybody else knows."""

    marker = None

    def write(self, blocks, ctx):
        super().write(blocks, ctx)
        die_once(self.marker)


class DyingParquet(ParquetDatasink):
    """Dies when a file is written, before anybody knows."""

    marker = None

    def write(self, blocks, ctx):
        super().write(blocks, ctx)
        die_once(self.marker)


def test_several_workers_write_the_rows_of_one_process(cluster, album, alone, tmp_path):
    facestyle.ray.embed_photos(binary(album), workers=2, batch_size=5, **OPTIONS).write_parquet(str(tmp_path / "faces"))
    found = rows(parquet.read_table(tmp_path / "faces"))
    assert without_places_of_files(found) == without_places_of_files(alone) and len(found) >= 40


def test_workers_that_die_in_the_middle_change_nothing(cluster, album, alone, tmp_path):
    marker = tmp_path / "died"
    faces = binary(album).map_batches(
        DyingEmbedder, fn_constructor_kwargs={"marker": str(marker), **OPTIONS}, batch_format="pyarrow", batch_size=3, num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=2))
    faces.write_parquet(str(tmp_path / "faces"))
    assert marker.exists()
    found = rows(parquet.read_table(tmp_path / "faces"))
    assert without_places_of_files(found) == without_places_of_files(alone)


def test_a_file_whose_writer_died_is_there_once(cluster, album, alone, tmp_path):
    sink = DyingParquet(str(tmp_path / "faces"))
    sink.marker = str(tmp_path / "died")
    facestyle.ray.embed_photos(binary(album), workers=1, batch_size=10, **OPTIONS).write_datasink(sink)
    assert (tmp_path / "died").exists()
    assert without_places_of_files(rows(parquet.read_table(tmp_path / "faces"))) == without_places_of_files(alone)


def test_paths_of_a_parquet_file_are_opened_and_other_columns_kept(cluster, album, alone, tmp_path):
    names = sorted(path.name for path in album.iterdir())
    table = pyarrow.table({"photo": [str(album / name) for name in names], "path": names, "id": pyarrow.array(range(len(names)), "u2")})
    parquet.write_table(table, tmp_path / "photos.parquet")
    photos = ray.data.read_parquet(str(tmp_path / "photos.parquet"))
    faces = facestyle.ray.embed_photos(photos, column="photo", keep=["id"], workers=1, cpus=2, batch_size=16, **OPTIONS)
    found = rows(pyarrow.concat_tables(ray.get(faces.to_arrow_refs())))
    assert all(names[row.pop("id")] == row["path"] for row in found)
    assert found == alone


def test_pictures_that_ray_decoded_have_the_faces_of_their_pixels(cluster, album):
    photos = ray.data.read_images(str(album), include_paths=True, file_extensions=["png"])
    found = facestyle.ray.embed_photos(photos, workers=1, **OPTIONS).take_all()
    assert sorted((row["path"].rpartition("/")[2], row["faces"], row["width"]) for row in found) == [
        (f"plain{i}.png", 0, 40) for i in range(5)]
    with fs.Image.open(album / "obama16.jpg") as photo, fs.FaceAnalysis(**OPTIONS) as analysis:
        pixels, faces = photo.to_array(), analysis.faces(photo)
    given = ray.data.from_items([{"image": pixels}, {"image": pixels[:, ::-1]}])
    found = facestyle.ray.embed_photos(given, workers=1, **OPTIONS).take_all()
    assert len(found) == 2 and all(row["path"] is None for row in found)
    assert any(np.array_equal(np.float32(row["embedding"]), faces[0].embedding) for row in found)


def test_nulls_are_photos_that_cannot_be_read_and_wrong_columns_are_named(cluster):
    given = ray.data.from_items([{"bytes": None, "path": "a"}, {"bytes": b"x", "path": "b"}])
    found = facestyle.ray.embed_photos(given, workers=1, **OPTIONS).take_all()
    assert sorted((row["path"], row["error"][:30]) for row in found) == [
        ("a", "no photo; expected one"), ("b", "picture begins with 78; expect")]
    with pytest.raises(ray.exceptions.RayTaskError, match="none of the columns image, bytes, path in a dataset with id"):
        facestyle.ray.embed_photos(ray.data.from_items([{"id": 1}]), workers=1, **OPTIONS).take_all()


def test_workers_that_leave_no_cpu_for_reading_are_warned_of(cluster, album):
    with pytest.warns(UserWarning, match="workers with 12 CPUs in a cluster of 12; expected some left"):
        facestyle.ray.embed_photos(binary(album), workers=3, cpus=4, **OPTIONS)  # nothing runs before rows are asked for


def test_a_gallery_on_a_server_has_each_face_once_although_workers_die(cluster, postgres, album, alone, tmp_path):
    address = postgres.new_database()
    faces = facestyle.ray.embed_photos(binary(album), workers=1, **OPTIONS)
    sink = DyingSink(address, embedder="faces-nn4", batch_size=10)
    sink.marker = str(tmp_path / "died")
    faces.write_datasink(sink, concurrency=1)
    assert (tmp_path / "died").exists()
    expected = {f"{row['path']}#{row['face']}" if row["face"] else row["path"]: row["embedding"] for row in alone if row["faces"]}

    def there():
        with fs.Gallery.open(address) as gallery:
            names = [photo.name.rpartition("/")[2] for photo in gallery.list_photos()]
            return names, dict(zip(names, gallery.embeddings().tolist()))

    names, vectors = there()
    assert len(names) == len(expected) and vectors == expected
    facestyle.ray.write_gallery(faces, address, embedder="faces-nn4")
    assert sorted(there()[0]) == sorted(names)


def test_names_come_from_a_column_and_faces_of_another_model_are_refused(cluster, album, tmp_path):
    photos = binary(album).filter(lambda row: "obama" in row["path"])
    photos = photos.map(lambda row: {**row, "person": "Obama"})
    faces = facestyle.ray.embed_photos(photos, keep=["person"], workers=1, **OPTIONS)
    path = tmp_path / "people.gallery"
    facestyle.ray.write_gallery(faces, str(path), names="person", embedder="faces-nn4")
    with fs.Gallery.open(path) as gallery:
        assert [(person.name, person.photos) for person in gallery.list_people()] == [("Obama", 17)]
    with pytest.raises(ray.exceptions.RayTaskError, match="faces of model .*; expected those of dlib-resnet"):
        facestyle.ray.write_gallery(faces, str(tmp_path / "another.gallery"), names="person", embedder="dlib-resnet")
