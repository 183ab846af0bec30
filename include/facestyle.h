/* facestyle.h - face embeddings and neural style transfer for C programs.
 *
 * This header is the whole public interface: what is not here is not promised.
 *
 *   bytes -> fs_image -> fs_detector -> fs_face -> fs_embedder -> float[] -> fs_gallery -> who
 *   two fs_images -> fs_styler -> fs_image
 *
 * Errors     A function that can fail returns fs_status and writes its outputs only on FS_OK.
 *            fs_last_error() then tells, in one line, what went wrong on this thread.
 * Ownership  A handle written through `out` is yours: give it to its _destroy function once (NULL is
 *            fine). Inputs are copied: no pointer of yours is kept after a call returns. A returned
 *            const pointer is borrowed from its handle and lives as long.
 * Threads    Any function may run on any thread. fs_image, fs_model, fs_detector and fs_embedder never
 *            change after creation, so threads may share them. An fs_gallery may be searched by many
 *            threads while none changes it. An fs_styler is used by one thread at a time.
 * Options    A struct whose first member is `size` is filled by its _options_init function and grows
 *            only at its end; NULL in its place means the defaults.
 * Units      Pixels, origin top left, x to the right, y down. The centre of the first pixel is (0, 0).
 *            Strings are UTF-8. Angles are degrees clockwise. */
#ifndef FACESTYLE_H
#define FACESTYLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version: the macros say what you compiled against, fs_version() what is loaded. ---- */

#define FS_VERSION_MAJOR 0
#define FS_VERSION_MINOR 1
#define FS_VERSION_PATCH 0
#define FS_VERSION (FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH)
#define FS_ABI_VERSION 0

uint32_t fs_version(void);     /* FS_VERSION of the loaded library */
uint32_t fs_abi_version(void); /* programs built for another number must not run with this library */

/* ---- Errors. Numbers are fixed for good; new ones are added at the end. ---- */

typedef enum fs_status {
  FS_OK = 0,
  FS_INVALID_ARGUMENT = 1, /* a NULL, a size or a number outside its documented range */
  FS_BAD_DATA = 2,         /* the bytes are not a picture or a model that this version reads */
  FS_IO = 3,               /* the operating system refused; the message carries its reason */
  FS_NO_MEMORY = 4,
  FS_NO_FACE = 5,    /* no face was found in the photo */
  FS_CANCELLED = 6,  /* your callback returned FS_CANCEL */
  FS_NOT_FOUND = 7,  /* nobody, nothing of that name */
  FS_WRONG_MODEL = 8, /* the model is of another architecture, or the embedding of another model */
  FS_INTERNAL = 9    /* a bug in this library: please report the message */
} fs_status;

const char *fs_status_name(fs_status status); /* "FS_IO"; static, never NULL */
/* This thread's reason, one line; "" if the last function that returns fs_status returned FS_OK.
 * It lives until this thread's next call of such a function. */
const char *fs_last_error(void);

/* ---- Log: silent until you ask. ---- */

typedef enum fs_log_level { FS_LOG_DEBUG = 0, FS_LOG_INFO = 1, FS_LOG_WARNING = 2, FS_LOG_ERROR = 3 } fs_log_level;
/* One line without a line break. It may come from any thread that is inside a call, and must not call
 * fs_log_set. */
typedef void (*fs_log_callback)(fs_log_level level, const char *message, void *user);
/* Sends messages of `level` and above to `callback`; NULL silences the log. */
void fs_log_set(fs_log_level level, fs_log_callback callback, void *user);

/* ---- Threads and the processor ---- */

/* How many threads a call may keep busy, the calling one included: 1 to 256, or 0 for one a processor
 * (the default). Results are the same bits for any number. Idle threads sleep. */
fs_status fs_threads_set(uint32_t count);
uint32_t fs_threads(void);
/* The build of the kernels in use: "avx512", "avx2" or "baseline"; static. It is the best that this
 * processor runs, unless FACESTYLE_ISA in the environment names a lower one, or the program chooses. */
const char *fs_instruction_set(void);
/* Chooses one by its name; NULL is the best. FS_INVALID_ARGUMENT, with what this processor runs, for one
 * that it does not run; and for another than the one in use, once a model has been put to use or
 * distances have been computed: weights are laid out for one build. */
fs_status fs_instruction_set_choose(const char *name);
/* Handles created and not yet destroyed in this process: 0 at the end of a program without leaks. */
size_t fs_debug_live_handles(void);

/* ---- Images: 8-bit sRGB, immutable. ---- */

typedef struct fs_image fs_image;

#define FS_IMAGE_MAX_SIDE 65500u       /* the longest width or height */
#define FS_IMAGE_MAX_PIXELS 134217728u /* the largest width * height, 2^27 */

typedef enum fs_pixel_format { FS_RGB = 0, FS_BGR = 1, FS_RGBA = 2, FS_BGRA = 3, FS_GREY = 4 } fs_pixel_format;

/* Pixels that lie in your memory. */
typedef struct fs_pixels {
  size_t size;             /* sizeof(fs_pixels) */
  const uint8_t *data;     /* the first pixel of the top row */
  size_t byte_count;       /* of data: at least stride * (height - 1) + one row's bytes */
  size_t stride;           /* bytes from one row to the next; 0 if rows are packed */
  uint32_t width, height;
  fs_pixel_format format;
  uint32_t rotation;       /* degrees clockwise that turn the picture upright: 0, 90, 180 or 270 */
} fs_pixels;

/* Decodes a whole JPEG or PNG file held in memory, turned upright by its EXIF orientation. Alpha is
 * blended over white, 16-bit samples are reduced to 8. FS_BAD_DATA for truncated, corrupt or too
 * large pictures. */
fs_status fs_image_decode(fs_image **out, const void *bytes, size_t byte_count);
/* The same for a file. */
fs_status fs_image_open(fs_image **out, const char *path);
/* Copies pixels; alpha is ignored. */
fs_status fs_image_from_pixels(fs_image **out, const fs_pixels *pixels);
uint32_t fs_image_width(const fs_image *image);  /* 0 for NULL */
uint32_t fs_image_height(const fs_image *image); /* 0 for NULL */
const uint8_t *fs_image_data(const fs_image *image); /* R,G,B bytes, 3 * width a row; borrowed */

typedef enum fs_filter {
  FS_BILINEAR = 0, /* triangle filter, widened when reducing: Pillow 12's BILINEAR */
  FS_BICUBIC = 1,  /* cubic filter with a = -0.5, widened when reducing: Pillow 12's BICUBIC */
  FS_AREA = 2      /* mean of the pixels that a target pixel touches: PyTorch's interpolate(mode="area") */
} fs_filter;

fs_status fs_image_resize(fs_image **out, const fs_image *image, uint32_t width, uint32_t height, fs_filter filter);
/* The part of `image` in the given rectangle, which must lie inside. */
fs_status fs_image_crop(fs_image **out, const fs_image *image, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
/* out(x', y') = image(x, y) with (x', y') = M (x, y, 1); M is 2x3, row by row, and maps from `image` to
 * the new picture. Bilinear; black outside. */
fs_status fs_image_warp(fs_image **out, const fs_image *image, const float matrix[6], uint32_t width, uint32_t height);

typedef enum fs_file_format { FS_PNG = 0, FS_JPEG = 1 } fs_file_format;

/* Encodes into `buffer`; `quality` is JPEG's, 1 to 100. *byte_count is always the size of the file:
 * call with capacity 0 and buffer NULL to ask for it. FS_INVALID_ARGUMENT, with *byte_count written,
 * when 0 < capacity < size. */
fs_status fs_image_encode(const fs_image *image, fs_file_format format, uint32_t quality, void *buffer,
                          size_t capacity, size_t *byte_count);
/* Writes a .png, .jpg or .jpeg file (JPEG quality 95). The file appears whole or not at all. */
fs_status fs_image_write(const fs_image *image, const char *path);
void fs_image_destroy(fs_image *image);

/* ---- Models: the weights of a network, read from a safetensors file. ---- */

typedef struct fs_model fs_model;

/* Reads a file. Whether it holds all tensors of its architecture is seen when a detector, an embedder, a
 * styler or features are made from it: FS_BAD_DATA then names the tensor. */
fs_status fs_model_open(fs_model **out, const char *path);
fs_status fs_model_load(fs_model **out, const void *bytes, size_t byte_count);
const char *fs_model_architecture(const fs_model *model); /* "mtcnn" or a name of fs_architecture_name */
/* What the file says under `key` ("name", "licence", "source", ...), or NULL. */
const char *fs_model_metadata(const fs_model *model, const char *key);
uint64_t fs_model_parameter_count(const fs_model *model);
/* A number made from all weights and metadata, in any order: models that differ have different ones. */
uint64_t fs_model_fingerprint(const fs_model *model);
void fs_model_destroy(fs_model *model);

typedef enum fs_pooling { FS_POOLING_AVERAGE = 0, FS_POOLING_MAX = 1 } fs_pooling;

/* What one layer of a model answers to an image: `layer` is "conv1_1" ... "conv5_4" (after its ReLU) or
 * "pool1" ... "pool5" of VGG-19 at the image's own size; "3a", "3b", "3c", "4a", "4e", "5a", "5b" or
 * "embedding" of nn4.small2 (96x96); "embedding" of dlib-resnet (150x150). `shape` receives
 * height, width, channels; values lie in that order. With capacity 0 and values NULL only the shape
 * is written. `pooling` counts for VGG-19 alone. */
fs_status fs_model_features(const fs_model *model, const fs_image *image, const char *layer, fs_pooling pooling,
                            float *values, size_t capacity, uint32_t shape[3]);

/* Networks that this version knows, whether or not there are weights for them. */
typedef struct fs_architecture {
  uint32_t height, width;  /* of the picture it takes; 0 if any size will do */
  uint32_t channels;       /* 3, or 1 for grey */
  uint32_t dimension;      /* numbers of its answer: of an embedding, or classes; of VGG-19, channels of "pool5" */
  uint64_t parameters;     /* numbers that are learned; a file has running statistics besides */
  uint64_t multiply_adds;  /* of convolutions and dense layers, for one picture; 0 where any size will do */
} fs_architecture;

size_t fs_architecture_count(void);
const char *fs_architecture_name(size_t index); /* "vgg19", "facenet-nn2", ...; static; NULL from the count on */
/* FS_NOT_FOUND if there is no architecture of that name. */
fs_status fs_architecture_describe(const char *name, fs_architecture *architecture);

/* ---- Detector: finds faces and five points in each (MTCNN; Zhang et al. 2016). ---- */

typedef struct fs_point { float x, y; } fs_point;

typedef struct fs_face {
  float x, y, width, height; /* box, in pixels of the searched image; may reach beyond its edges */
  float score;               /* 0 to 1, higher is surer */
  fs_point landmarks[5];     /* left eye, right eye, nose, left and right mouth corner, as seen */
} fs_face;

typedef struct fs_detector_options {
  size_t size;
  float min_face;       /* side of the smallest face to look for, in pixels; default 40, at least 12 */
  float thresholds[3];  /* scores that pass the three stages; default 0.6, 0.7, 0.7 */
  float scale_step;     /* between levels of the pyramid; default 0.709, 0.1 to 0.95 */
} fs_detector_options;

fs_status fs_detector_options_init(fs_detector_options *options, size_t size);

typedef struct fs_detector fs_detector;

fs_status fs_detector_create(fs_detector **out, const fs_model *model, const fs_detector_options *options);
/* Writes the min(*count, capacity) largest faces, largest first; *count is how many were found. */
fs_status fs_detector_find(const fs_detector *detector, const fs_image *image, fs_face *faces, size_t capacity,
                           size_t *count);
void fs_detector_destroy(fs_detector *detector);

/* ---- Embedder: a face as a vector; two vectors of one person lie near each other. ---- */

typedef struct fs_embedder fs_embedder;

fs_status fs_embedder_create(fs_embedder **out, const fs_model *model);
size_t fs_embedder_dimension(const fs_embedder *embedder);   /* floats in one embedding; 0 for NULL */
float fs_embedder_threshold(const fs_embedder *embedder);    /* the distance up to which two faces are one person's */
uint32_t fs_embedder_chip_side(const fs_embedder *embedder); /* the aligned picture is this wide and high */
/* The aligned picture of a face: turned, scaled and cut so that its five points lie where the network
 * learnt them (least-squares similarity, Umeyama 1991). */
fs_status fs_embedder_align(const fs_embedder *embedder, fs_image **out, const fs_image *image, const fs_face *face);
/* Embeds `count` faces of one image: `embeddings` receives count * dimension floats, face after face. */
fs_status fs_embedder_embed(const fs_embedder *embedder, const fs_image *image, const fs_face *faces, size_t count,
                            float *embeddings, size_t capacity);
/* Embeds `count` aligned pictures, each chip_side x chip_side. */
fs_status fs_embedder_embed_chips(const fs_embedder *embedder, const fs_image *const *chips, size_t count,
                                  float *embeddings, size_t capacity);
/* Finds the main face of a photo (large and central) and embeds it. FS_NO_FACE if there is none.
 * `face` may be NULL. */
fs_status fs_embedder_embed_photo(const fs_embedder *embedder, const fs_detector *detector, const fs_image *photo,
                                  fs_face *face, float *embedding, size_t capacity);
/* What fs_embedder_embed_chips with `count` pictures will make this process hold at its peak, in bytes, beyond
 * what it holds before; true within a tenth and 2 MB. It counts weights that are laid out at the first use, so
 * later calls need less. */
fs_status fs_embedder_memory_needed(const fs_embedder *embedder, size_t count, uint64_t *bytes);
void fs_embedder_destroy(fs_embedder *embedder);

/* ---- Verification: is this the person? Near means the same: same = distance <= threshold. ---- */

#define FS_DEFAULT_THRESHOLD (-1.0f) /* the model's own; any other threshold must be >= 0 */

typedef struct fs_verdict {
  float distance;  /* Euclidean */
  float threshold; /* that was used */
  int32_t same;    /* 1 if distance <= threshold, else 0 */
} fs_verdict;

/* Euclidean distance of two embeddings. */
fs_status fs_distance(const float *a, const float *b, size_t dimension, float *distance);
/* Compares the main faces of two photos. */
fs_status fs_compare_photos(const fs_embedder *embedder, const fs_detector *detector, const fs_image *a,
                            const fs_image *b, float threshold, fs_verdict *verdict);

/* ---- Gallery: people, several photos each, encoded once; in memory. ---- */

#define FS_NAME_CAPACITY 256 /* a name is 1 to 255 bytes */

typedef struct fs_match {
  int32_t known;              /* 1 if the nearest person lies within the threshold, else 0: a stranger */
  float distance;             /* of the nearest person; infinite if the gallery is empty */
  float threshold;            /* that was used */
  char name[FS_NAME_CAPACITY]; /* the nearest person, known or not; "" if the gallery is empty */
} fs_match;

/* A photo of the gallery, as near as it is to an embedding. */
typedef struct fs_neighbour {
  uint64_t photo;              /* 0 for the first photo ever added to the gallery, 1 for the second, ...; for good */
  float distance;              /* Euclidean */
  char name[FS_NAME_CAPACITY]; /* whose photo it is */
} fs_neighbour;

typedef struct fs_gallery fs_gallery;

/* An empty gallery for embeddings of this embedder's model. */
fs_status fs_gallery_create(fs_gallery **out, const fs_embedder *embedder);
/* Adds a photo of `name`, a new person or one already there. */
fs_status fs_gallery_add(fs_gallery *gallery, const char *name, const float *embedding, size_t dimension);
fs_status fs_gallery_add_photo(fs_gallery *gallery, const fs_embedder *embedder, const fs_detector *detector,
                               const char *name, const fs_image *photo);
/* Removes a person with all photos; FS_NOT_FOUND if there is no such person. */
fs_status fs_gallery_remove(fs_gallery *gallery, const char *name);
size_t fs_gallery_people(const fs_gallery *gallery); /* how many; 0 for NULL */
size_t fs_gallery_photos(const fs_gallery *gallery); /* of all people; 0 for NULL */
/* Is it `name`? The distance is that of the nearest of the person's photos. FS_NOT_FOUND if the
 * gallery does not know the name. */
fs_status fs_gallery_verify(const fs_gallery *gallery, const char *name, const float *embedding, size_t dimension,
                            float threshold, fs_verdict *verdict);
fs_status fs_gallery_verify_photo(const fs_gallery *gallery, const fs_embedder *embedder, const fs_detector *detector,
                                  const char *name, const fs_image *photo, float threshold, fs_verdict *verdict);
/* Who is it? The nearest person, or nobody we know. */
fs_status fs_gallery_identify(const fs_gallery *gallery, const float *embedding, size_t dimension, float threshold,
                              fs_match *match);
fs_status fs_gallery_identify_photo(const fs_gallery *gallery, const fs_embedder *embedder,
                                    const fs_detector *detector, const fs_image *photo, float threshold,
                                    fs_match *match);
/* The k photos nearest to each of `count` embeddings, measured against every photo: neighbours[i * k] is the
 * nearest to embedding i, the others follow; of equally near ones, the one added first. `capacity` is at
 * least count * k. Each embedding gets *found = min(k, photos) neighbours (`found` may be NULL); the rest
 * of its k have an infinite distance, photo UINT64_MAX and name "". One call with many embeddings is
 * faster than many calls. */
fs_status fs_gallery_search(const fs_gallery *gallery, const float *embeddings, size_t count, size_t dimension,
                            size_t k, fs_neighbour *neighbours, size_t capacity, size_t *found);
void fs_gallery_destroy(fs_gallery *gallery);

/* ---- Losses and costs, as the papers define them. ---- */

typedef enum fs_reduction { FS_SUM = 0, FS_MEAN = 1 } fs_reduction;

/* Triplet loss (Schroff et al. 2015, equation 3) over `count` rows of `dimension` floats:
 * sum or mean of max(0, |a - p|^2 - |a - n|^2 + margin). */
fs_status fs_triplet_loss(const float *anchors, const float *positives, const float *negatives, size_t count,
                          size_t dimension, float margin, fs_reduction reduction, double *loss);

typedef enum fs_cost_variant {
  FS_COST_NORMALISED = 0, /* content 1/(4 H W C), style 1/(4 C^2 (H W)^2) */
  FS_COST_LECTURE = 1     /* content 1/2, style 1/(2 H W C) */
} fs_cost_variant;

/* Content cost: factor * sum (generated - content)^2 over features [height, width, channels]. */
fs_status fs_content_cost(const float *generated, const float *content, size_t height, size_t width, size_t channels,
                          fs_cost_variant variant, double *cost);
/* Gram matrix of `a` [rows, columns]: gram = a * transpose(a), [rows, rows]. */
fs_status fs_gram_matrix(const float *a, size_t rows, size_t columns, float *gram);
/* Style cost of one layer: factor * sum (Gram(generated) - Gram(style))^2, features
 * [height, width, channels], Gram over the pixels (Gatys et al. 2016, equation 4). */
fs_status fs_style_cost(const float *generated, const float *style, size_t height, size_t width, size_t channels,
                        fs_cost_variant variant, double *cost);
/* alpha * content + beta * style. */
fs_status fs_total_cost(double content, double style, double alpha, double beta, double *cost);

/* ---- Style transfer (Gatys, Ecker and Bethge 2016) with VGG-19. ---- */

typedef enum fs_action { FS_CONTINUE = 0, FS_FINISH = 1, FS_CANCEL = 2 } fs_action;

typedef struct fs_style_job fs_style_job;

typedef struct fs_style_progress {
  size_t size;
  uint32_t step, steps;          /* steps done, of how many */
  double content, style, total;  /* costs of the picture this step started from; total = alpha content + beta style */
  double seconds;                /* since the start */
  const fs_style_job *job;       /* for fs_style_preview; valid during the callback */
} fs_style_progress;

/* Called after each step on the thread that called fs_styler_run, with nothing locked. FS_FINISH keeps
 * the picture so far and returns FS_OK; FS_CANCEL drops it and returns FS_CANCELLED. It must not use
 * the styler, other functions are fine. */
typedef fs_action
    (*fs_style_callback)(const fs_style_progress *progress, void *user);

typedef struct fs_style_layer {
  const char *name; /* "conv1_1" ... "conv5_4" */
  float weight;     /* lambda, the layer's part of the style cost */
} fs_style_layer;

typedef struct fs_style_options {
  size_t size;
  uint32_t width, height; /* of the picture; default 0, 0: the content's. One 0: from the other, same aspect */
  uint32_t steps;         /* of Adam; default 200 */
  float content_weight;   /* alpha; default 10 */
  float style_weight;     /* beta; default 40 */
  float learning_rate;    /* default 2, in levels of 0...255 */
  float noise_ratio;      /* the start is ratio * noise(-20...20) + (1 - ratio) * content; default 0.6 */
  uint64_t seed;          /* of that noise (xoshiro256++); default 1 */
  fs_pooling pooling;     /* default FS_POOLING_AVERAGE */
  fs_cost_variant cost;   /* default FS_COST_NORMALISED */
  const char *content_layer;          /* default NULL: "conv4_2" */
  const fs_style_layer *style_layers; /* default NULL: conv1_1, conv2_1, conv3_1, conv4_1, conv5_1 at 0.2 each */
  size_t style_layer_count;           /* 1 to 16 when style_layers is given */
  fs_style_callback on_step;          /* default NULL */
  void *user;                         /* handed to on_step untouched */
} fs_style_options;

fs_status fs_style_options_init(fs_style_options *options, size_t size);

typedef struct fs_styler fs_styler;

fs_status fs_styler_create(fs_styler **out, const fs_model *vgg);
/* Repaints `content` in the manner of `style`, which is scaled and cut about its centre to the size of
 * the picture. NULL options: defaults. */
fs_status fs_styler_run(fs_styler *styler, fs_image **out, const fs_image *content, const fs_image *style,
                        const fs_style_options *options);
/* What fs_styler_run will make this process hold at its peak, in bytes, beyond what it holds before, for a content
 * of width x height and these options; true within a tenth and 4 MB. It depends on the threads set, and counts
 * weights that the first run lays out and the styler keeps: later runs need less. Not counted: your previews, and
 * for a moment at the start a copy of the part of `style` that is used. */
fs_status fs_styler_memory_needed(const fs_styler *styler, uint32_t width, uint32_t height,
                                  const fs_style_options *options, uint64_t *bytes);
/* The picture so far, inside a callback. */
fs_status fs_style_preview(const fs_style_progress *progress, fs_image **out);
/* Costs of a given picture, with the sizes of the three images as they are (steps, seed and start are
 * ignored). `gradient` may be NULL, or receives d total / d pixel, [height, width, 3] in R,G,B order. */
fs_status fs_styler_evaluate(fs_styler *styler, const fs_image *generated, const fs_image *content,
                             const fs_image *style, const fs_style_options *options, double *content_cost,
                             double *style_cost, double *total_cost, float *gradient, size_t capacity);
void fs_styler_destroy(fs_styler *styler);

#ifdef __cplusplus
}
#endif
#endif /* FACESTYLE_H */
