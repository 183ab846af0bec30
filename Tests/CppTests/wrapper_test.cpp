// The C++ wrapper: ownership, exceptions, answers equal to those of C. wrapper_test PHOTO SAME OTHER
#include <facestyle.hpp>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace fs = facestyle;

static int passed, failed;

static void check(const char *sentence, bool holds) {
  holds ? passed++ : failed++;
  if (!holds) std::printf("failed: %s\n", sentence);
}

template <class Function>
static fs_status status_of(Function function) {
  try {
    function();
  } catch (const fs::error &error) {
    return std::strlen(error.what()) > 0 ? error.status() : FS_OK;
  }
  return FS_OK;
}

static_assert(!std::is_copy_constructible_v<fs::image> && !std::is_copy_assignable_v<fs::image>);
static_assert(std::is_nothrow_move_constructible_v<fs::image> && std::is_nothrow_move_assignable_v<fs::gallery>);

static void ownership(const char *photo) {
  const std::size_t before = fs_debug_live_handles();
  {
    fs::image first = fs::image::open(photo);
    fs::image second = std::move(first);
    check("a moved image has given its handle away", first.get() == nullptr && second.width() > 0);
    second = second.resized(40, 30);
    check("an assigned image gives back what it had", fs_debug_live_handles() == before + 1 && second.width() == 40);
    fs::image &alias = second;
    second = std::move(alias);
    check("an image that is moved to itself stays", second.height() == 30);
    fs_image *bare = fs::image::open(photo).release();
    check("a released handle is the caller's", fs_image_width(bare) > 0);
    fs_image_destroy(bare);
  }
  check("nothing is left behind", fs_debug_live_handles() == before);
}

static void errors() {
  check("a missing file is an exception with its status", status_of([] { fs::image::open("/nothing/there.png"); }) == FS_IO);
  check("a damaged file too", status_of([] { fs::image::decode("no picture", 10); }) == FS_BAD_DATA);
  check("a status of a later library too", status_of([] {
    fs_image_open(nullptr, nullptr); /* leaves a reason */
    fs::check(static_cast<fs_status>(1000));
  }) == static_cast<fs_status>(1000));
  check("an unknown model too", status_of([] { fs::model::open("nobody"); }) == FS_NOT_FOUND);
  check("distances want one dimension", status_of([] { fs::distance({1, 2}, {1}); }) == FS_INVALID_ARGUMENT);
  try {
    fs::image::open("/nothing/there.png");
  } catch (const std::runtime_error &error) {
    check("the reason names the file", std::strstr(error.what(), "/nothing/there.png") != nullptr);
  }
}

static void faces(const char *photo, const char *same, const char *other) {
  fs::face_analysis analysis;
  const fs::image a = fs::image::open(photo), b = fs::image::open(same), c = fs::image::open(other);
  const auto first = analysis.faces(a), second = analysis.faces(b), third = analysis.faces(c);
  check("a face is found in each photo", !first.empty() && !second.empty() && !third.empty());
  const fs_verdict verdict = analysis.compare(a, b);
  check("one person is the same", verdict.same && verdict.distance == fs::distance(first[0].embedding, second[0].embedding));
  check("a threshold of one's own counts", !analysis.compare(a, c, 0.05f).same);

  fs::gallery people(analysis.embedder());
  people.add("one", first[0].embedding);
  people.add("other", third[0].embedding);
  const auto who = people.identify(second[0].embedding);
  check("a gallery names the person", who.known && std::string(who.name) == "one" && people.person_count() == 2);
  people.remove("one");
  check("a removed person is gone", people.person_count() == 1 && people.photo_count() == 1);

  const fs::model detector_model = fs::model::open("faces-points"), embedder_model = fs::model::open("faces");
  auto options = fs::detector::defaults();
  options.max_faces = 1;
  const fs::detector detector(detector_model, options);
  const fs::embedder embedder(embedder_model);
  const auto found = detector.find(a);
  check("a detector finds as many as it may", found.size() == 1 && detector.finds_points());
  check("an embedder gives what the analysis gives", embedder.embed(a, found[0]) == first[0].embedding &&
                                                         embedder.embed_photo(a, detector) == first[0].embedding);
  check("a model that cannot be written says so",
        status_of([&] { embedder_model.save("/nowhere/small.safetensors", FS_INT8); }) == FS_IO);
  check("a model says what it is for", embedder_model.info().use == FS_MODEL_EMBEDDER && !embedder_model.architecture().empty());

  const fs::image marked = a.marked(found);
  check("a marked copy is encoded and read again", fs::image::decode(marked.encode(FS_PNG).data(), marked.encode(FS_PNG).size()).width() == a.width());
}

static void painting(const char *photo, const char *style) {
  fs::styler styler(fs::model::open("vgg19"));
  const fs::image content = fs::image::open(photo), manner = fs::image::open(style);
  auto options = fs::styler::preset(FS_PRESET_COURSE);
  options.width = 48, options.height = 32, options.steps = 4;
  unsigned steps = 0;
  const fs::image painted = styler.run(content, manner, options, [&](const fs_style_progress &progress) {
    steps = progress.step;
    return FS_CONTINUE;
  });
  check("a painting has the size asked for, and its steps were seen", painted.width() == 48 && painted.height() == 32 && steps == 4);
  bool came_out = false;
  try {
    styler.run(content, manner, options, [](const fs_style_progress &) -> fs_action { throw std::logic_error("enough"); });
  } catch (const std::logic_error &error) {
    came_out = std::strcmp(error.what(), "enough") == 0;
  }
  check("what a callback throws comes out of run", came_out);
  check("a callback that cancels is an exception", status_of([&] {
          styler.run(content, manner, options, [](const fs_style_progress &) { return FS_CANCEL; });
        }) == FS_CANCELLED);
}

int main(int argc, char **argv) {
  if (argc != 4) return std::printf("wrapper_test PHOTO SAME OTHER\n"), 2;
  const std::size_t before = fs_debug_live_handles();
  try {
    ownership(argv[1]);
    errors();
    faces(argv[1], argv[2], argv[3]);
    painting(argv[1], argv[3]);
  } catch (const std::exception &error) {
    std::printf("failed: %s\n", error.what());
    return 1;
  }
  check("all handles are given back", fs_debug_live_handles() == before);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
