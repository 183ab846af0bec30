/* libfacestyle for C++17: the objects of facestyle.h as classes that own them. Header only; link libfacestyle.
 *
 *   #include <facestyle.hpp>
 *
 *   facestyle::face_analysis faces;
 *   fs_verdict verdict = faces.compare(facestyle::image::open("a.jpg"), facestyle::image::open("b.jpg"));
 *
 * A class owns one handle: it is moved, never copied, and gives it back at its end. get() lends the handle to any function of
 * facestyle.h, whose comments are the manual; check() makes an exception of its status. Functions here throw
 * facestyle::error, with the status and the reason. What an object was made of may go before it does, as in C. */
#ifndef FACESTYLE_HPP
#define FACESTYLE_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "facestyle.h"

namespace facestyle {

/* Why a function failed: what() is fs_last_error() of the thread that called it. */
class error : public std::runtime_error {
 public:
  error(fs_status status, const char *reason) : std::runtime_error(reason), status_(status) {}
  fs_status status() const noexcept { return status_; }

 private:
  fs_status status_;
};

inline void check(fs_status status) {
  if (status != FS_OK) throw error(status, fs_last_error());
}

/* A handle and its owner. */
template <class Handle, void (*Destroy)(Handle *)>
class owner {
 public:
  explicit owner(Handle *handle) noexcept : handle_(handle) {}
  ~owner() { Destroy(handle_); } /* which does nothing for NULL */
  owner(owner &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  owner &operator=(owner &&other) noexcept {
    if (this != &other) {
      Destroy(handle_);
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  owner(const owner &) = delete;
  owner &operator=(const owner &) = delete;

  Handle *get() const noexcept { return handle_; }
  /* Gives the handle away: the caller destroys it. */
  Handle *release() noexcept { return std::exchange(handle_, nullptr); }

 private:
  Handle *handle_;
};

namespace detail {

/* The handle that a function of C writes: made<fs_image>([&](auto out) { return fs_image_open(out, path); }). */
template <class Handle, class Function>
Handle *made(Function function) {
  Handle *handle = nullptr;
  check(function(&handle));
  return handle;
}

template <class Options>
Options options(fs_status (*init)(Options *, std::size_t)) {
  Options found;
  check(init(&found, sizeof found));
  return found;
}

template <class Info>
Info sized() {
  Info info{};
  info.size = sizeof info;
  return info;
}

inline const char *text(const std::string &text) { return text.c_str(); }
inline std::string text(const char *text) { return text ? text : ""; }

}  // namespace detail

using embedding = std::vector<float>;

inline float distance(const embedding &a, const embedding &b) {
  if (a.size() != b.size()) throw error(FS_INVALID_ARGUMENT, "embeddings of different dimensions; expected one dimension");
  float distance;
  check(fs_distance(a.data(), b.data(), a.size(), &distance));
  return distance;
}

class image : public owner<fs_image, fs_image_destroy> {
 public:
  using owner::owner;
  static image open(const std::string &path) {
    return image(detail::made<fs_image>([&](auto out) { return fs_image_open(out, path.c_str()); }));
  }
  static image decode(const void *bytes, std::size_t count) {
    return image(detail::made<fs_image>([&](auto out) { return fs_image_decode(out, bytes, count); }));
  }
  /* The pixels are copied. */
  static image of(const fs_pixels &pixels) {
    return image(detail::made<fs_image>([&](auto out) { return fs_image_from_pixels(out, &pixels); }));
  }

  std::uint32_t width() const { return fs_image_width(get()); }
  std::uint32_t height() const { return fs_image_height(get()); }
  /* R,G,B bytes, 3 * width a row; they live as long as the image. */
  const std::uint8_t *data() const { return fs_image_data(get()); }

  image resized(std::uint32_t width, std::uint32_t height, fs_filter filter = FS_AREA) const {
    return image(detail::made<fs_image>([&](auto out) { return fs_image_resize(out, get(), width, height, filter); }));
  }
  image cropped(std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height) const {
    return image(detail::made<fs_image>([&](auto out) { return fs_image_crop(out, get(), x, y, width, height); }));
  }
  image marked(const std::vector<fs_face> &faces, const fs_mark_options *options = nullptr) const {
    return image(
        detail::made<fs_image>([&](auto out) { return fs_image_mark_faces(out, get(), faces.data(), faces.size(), options); }));
  }
  /* By the name's ending. */
  void write(const std::string &path) const { check(fs_image_write(get(), path.c_str())); }
  std::vector<std::uint8_t> encode(fs_file_format format, std::uint32_t quality = 95) const {
    std::size_t count = 0;
    check(fs_image_encode(get(), format, quality, nullptr, 0, &count));
    std::vector<std::uint8_t> bytes(count);
    check(fs_image_encode(get(), format, quality, bytes.data(), bytes.size(), &count));
    bytes.resize(count);
    return bytes;
  }
};

class model : public owner<fs_model, fs_model_destroy> {
 public:
  using owner::owner;
  /* By its name, such as "faces", or its file's path. */
  static model open(const std::string &name) {
    return model(detail::made<fs_model>([&](auto out) { return fs_model_open(out, name.c_str()); }));
  }
  static model load(const void *bytes, std::size_t count) {
    return model(detail::made<fs_model>([&](auto out) { return fs_model_load(out, bytes, count); }));
  }
  /* Its texts live as long as the model. */
  fs_model_info info() const {
    auto info = detail::sized<fs_model_info>();
    check(fs_model_info_get(get(), &info));
    return info;
  }
  std::string architecture() const { return detail::text(fs_model_architecture(get())); }
  void save(const std::string &path, fs_precision precision) const {
    check(fs_model_save(get(), path.c_str(), precision, nullptr));
  }
};

class detector : public owner<fs_detector, fs_detector_destroy> {
 public:
  using owner::owner;
  static fs_detector_options defaults() { return detail::options(fs_detector_options_init); }
  explicit detector(const model &model) : detector(model, defaults()) {}
  detector(const model &model, const fs_detector_options &options)
      : owner(detail::made<fs_detector>([&](auto out) { return fs_detector_create(out, model.get(), &options); })) {}

  std::vector<fs_face> find(const image &image) const {
    std::vector<fs_face> faces(16);
    std::size_t count = 0;
    check(fs_detector_find(get(), image.get(), faces.data(), faces.size(), &count));
    if (count > faces.size()) {
      faces.resize(count);
      check(fs_detector_find(get(), image.get(), faces.data(), faces.size(), &count));
    }
    faces.resize(count);
    return faces;
  }
  bool finds_points() const { return fs_detector_finds_points(get()) != 0; }
};

class embedder : public owner<fs_embedder, fs_embedder_destroy> {
 public:
  using owner::owner;
  explicit embedder(const model &model)
      : owner(detail::made<fs_embedder>([&](auto out) { return fs_embedder_create(out, model.get()); })) {}

  std::size_t dimension() const { return fs_embedder_dimension(get()); }
  float threshold() const { return fs_embedder_threshold(get()); }
  embedding embed(const image &image, const fs_face &face) const {
    embedding found(dimension());
    check(fs_embedder_embed(get(), image.get(), &face, 1, found.data(), found.size()));
    return found;
  }
  /* Of the main face, which is written to *face if it is given. */
  embedding embed_photo(const image &photo, const detector &detector, fs_face *face = nullptr) const {
    embedding found(dimension());
    check(fs_embedder_embed_photo(get(), detector.get(), photo.get(), face, found.data(), found.size()));
    return found;
  }
};

struct analysed_face {
  fs_face face;
  facestyle::embedding embedding;
  float quality;
  std::uint32_t reasons; /* bits of fs_quality_reason */
  bool is_main;
};

/* Detector and embedder that fit together: by default the best that are installed. */
class face_analysis : public owner<fs_face_analysis, fs_face_analysis_destroy> {
 public:
  using owner::owner;
  static fs_face_analysis_options defaults() { return detail::options(fs_face_analysis_options_init); }
  face_analysis() : face_analysis(defaults()) {}
  explicit face_analysis(const fs_face_analysis_options &options)
      : owner(detail::made<fs_face_analysis>([&](auto out) { return fs_face_analysis_create(out, &options); })) {}

  /* The largest face first. */
  std::vector<analysed_face> faces(const image &photo) const {
    owner<fs_faces, fs_faces_destroy> found(
        detail::made<fs_faces>([&](auto out) { return fs_face_analysis_run(get(), out, photo.get()); }));
    std::vector<analysed_face> faces;
    for (std::size_t i = 0; i < fs_faces_count(found.get()); i++) {
      auto face = detail::sized<fs_analysed_face>();
      check(fs_faces_get(found.get(), i, &face));
      faces.push_back({face.face, embedding(face.embedding, face.embedding + face.dimension), face.quality, face.reasons,
                       face.is_main != 0});
    }
    return faces;
  }
  fs_verdict compare(const image &a, const image &b, float threshold = FS_DEFAULT_THRESHOLD) const {
    fs_verdict verdict;
    check(fs_face_analysis_compare(get(), a.get(), b.get(), threshold, &verdict));
    return verdict;
  }
  const fs_embedder *embedder() const { return fs_face_analysis_embedder(get()); }
  const fs_detector *detector() const { return fs_face_analysis_detector(get()); }
};

class gallery : public owner<fs_gallery, fs_gallery_destroy> {
 public:
  using owner::owner;
  static fs_gallery_options defaults() { return detail::options(fs_gallery_options_init); }
  /* In memory. */
  explicit gallery(const fs_embedder *embedder)
      : owner(detail::made<fs_gallery>([&](auto out) { return fs_gallery_create(out, embedder); })) {}
  explicit gallery(const embedder &embedder) : gallery(embedder.get()) {}
  /* In a file or on a server. */
  static gallery open(const std::string &path, const fs_embedder *embedder, const fs_gallery_options &options = defaults()) {
    return gallery(
        detail::made<fs_gallery>([&](auto out) { return fs_gallery_open(out, path.c_str(), embedder, &options); }));
  }

  void add(const std::string &name, const embedding &embedding) {
    check(fs_gallery_add(get(), name.c_str(), embedding.data(), embedding.size()));
  }
  void remove(const std::string &name) { check(fs_gallery_remove(get(), name.c_str())); }
  std::size_t person_count() const { return fs_gallery_person_count(get()); }
  std::size_t photo_count() const { return fs_gallery_photo_count(get()); }
  fs_gallery_identity identify(const embedding &embedding, const fs_identify_options *options = nullptr) const {
    auto identity = detail::sized<fs_gallery_identity>();
    check(fs_gallery_identify(get(), embedding.data(), embedding.size(), options, &identity));
    return identity;
  }
};

class styler : public owner<fs_styler, fs_styler_destroy> {
 public:
  using owner::owner;
  /* What the host wants after a step. What it throws ends the painting and comes out of run(). */
  using on_step = std::function<fs_action(const fs_style_progress &)>;

  static fs_style_options defaults() { return detail::options(fs_style_options_init); }
  static fs_style_options preset(fs_style_preset preset) {
    fs_style_options options;
    check(fs_style_options_preset(&options, sizeof options, preset));
    return options;
  }
  explicit styler(const model &vgg)
      : owner(detail::made<fs_styler>([&](auto out) { return fs_styler_create(out, vgg.get()); })) {}

  image run(const image &content, const image &style, fs_style_options options = defaults(), const on_step &step = {}) {
    watch watch{step, nullptr};
    if (step) {
      options.on_step = watched;
      options.user = &watch;
    }
    fs_image *painted = nullptr;
    fs_status status = fs_styler_run(get(), &painted, content.get(), style.get(), &options);
    if (watch.thrown) {
      fs_image_destroy(painted);
      std::rethrow_exception(watch.thrown);
    }
    check(status);
    return image(painted);
  }

 private:
  struct watch {
    const on_step &step;
    std::exception_ptr thrown;
  };
  /* No exception may pass through the library. */
  static fs_action watched(const fs_style_progress *progress, void *user) noexcept {
    auto &watch = *static_cast<styler::watch *>(user);
    try {
      return watch.step(*progress);
    } catch (...) {
      watch.thrown = std::current_exception();
      return FS_CANCEL;
    }
  }
};

class fast_styler : public owner<fs_fast_styler, fs_fast_styler_destroy> {
 public:
  using owner::owner;
  /* `weights`: of each style, for a network of several. */
  explicit fast_styler(const model &model, const std::vector<float> &weights = {})
      : owner(detail::made<fs_fast_styler>([&](auto out) {
          return weights.empty() ? fs_fast_styler_create(out, model.get())
                                 : fs_fast_styler_create_mixed(out, model.get(), weights.data(), weights.size());
        })) {}
  image run(const image &content) const {
    return image(detail::made<fs_image>([&](auto out) { return fs_fast_styler_run(get(), out, content.get()); }));
  }
};

class enlarger : public owner<fs_enlarger, fs_enlarger_destroy> {
 public:
  using owner::owner;
  explicit enlarger(const model &model)
      : owner(detail::made<fs_enlarger>([&](auto out) { return fs_enlarger_create(out, model.get()); })) {}
  std::uint32_t factor() const { return fs_enlarger_factor(get()); }
  image run(const image &picture) const {
    return image(detail::made<fs_image>([&](auto out) { return fs_enlarger_run(get(), out, picture.get()); }));
  }
};

/* Owners of the other handles; their functions take get(). */
using universal_styler = owner<fs_universal_styler, fs_universal_styler_destroy>;
using style_job = owner<fs_style_job, fs_style_job_destroy>;
using liveness = owner<fs_liveness, fs_liveness_destroy>;
using dense_landmarks = owner<fs_dense_landmarks, fs_dense_landmarks_destroy>;
using tracker = owner<fs_tracker, fs_tracker_destroy>;
using expression = owner<fs_expression, fs_expression_destroy>;
using trainer = owner<fs_trainer, fs_trainer_destroy>;
using photos = owner<fs_photos, fs_photos_destroy>;
using scenes = owner<fs_scenes, fs_scenes_destroy>;
using fast_trainer = owner<fs_fast_trainer, fs_fast_trainer_destroy>;
using enlarger_trainer = owner<fs_enlarger_trainer, fs_enlarger_trainer_destroy>;
using unit_search = owner<fs_unit_search, fs_unit_search_destroy>;
using pairs = owner<fs_pairs, fs_pairs_destroy>;
using landmarks = owner<fs_landmarks, fs_landmarks_destroy>;
using models = owner<fs_models, fs_models_destroy>;

}  // namespace facestyle

#endif
