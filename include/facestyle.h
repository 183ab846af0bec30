/* facestyle.h - face embeddings and neural style transfer for C programs.
 *
 * This header is the whole public interface: what is not here is not promised.
 *
 *   bytes -> fs_image -> fs_detector -> fs_face -> fs_embedder -> float[] -> fs_gallery -> who
 *   a camera's fs_frame in place of fs_image: read where it lies
 *   two fs_images -> fs_styler -> fs_image
 *
 * Errors     A function that can fail returns fs_status and writes its outputs only on FS_OK.
 *            fs_last_error() then tells, in one line, what went wrong on this thread.
 * Ownership  A handle written through `out` is yours: give it to its _destroy function once (NULL is
 *            fine). Inputs are copied: no pointer of yours is kept after a call returns. A returned
 *            const pointer is borrowed from its handle and lives as long.
 * Handles    A handle, such as fs_image *, is the address of nothing. Each has a value of its own in its process, never
 *            given again: one that was destroyed, or is of another type, is FS_INVALID_ARGUMENT.
 * Threads    Any function may run on any thread. fs_image, fs_model, fs_detector and fs_embedder never
 *            change after creation, so threads may share them. An fs_gallery may be searched and changed by
 *            many threads at once. An fs_styler, an fs_style_job, an fs_trainer and an fs_tracker are used by one
 *            thread at a time.
 * Options    A struct whose first member is `size` is filled by its _options_init function and grows
 *            only at its end; NULL in its place means the defaults. A struct that you get answers in wants its
 *            size set. The library reads and writes as much of a struct as its own version of it has, and no
 *            more, and sets `size` to what it wrote: of a newer header's struct the members that an older
 *            library lacks stay as they were, so zero it first.
 * Units      Pixels, origin top left, x to the right, y down. The centre of the first pixel is (0, 0).
 *            Strings are UTF-8, but a path is any bytes that the system takes; a message shows it with U+FFFD for what is
 *            not UTF-8. Angles are degrees clockwise. */
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

/* A call needs at most 48 KB of the calling thread's stack: a thread of 64 KB will do, unless the program is linked with
 * libraries whose thread-local memory, which lies there too, takes more than the rest. (A gallery on a server needs what libpq
 * needs.)
 *
 * Calls compute in the standard floating-point state - rounding to nearest, subnormal numbers as they are, no exception traps -
 * whatever the calling thread has set, and leave that as they found it. Your callbacks run in your own. */

/* How many threads a call may keep busy, the calling one included: 1 to 256, or 0 for one a processor that this process may
 * use (the default): those of its affinity (taskset, a container's cpuset), and no more than its control groups' quota of
 * processor time fills (cpu.max, cpu.cfs_quota_us; a part of a processor counts as one). Results are the same bits for any
 * number. Idle threads sleep. */
fs_status fs_threads_set(uint32_t count);
uint32_t fs_threads(void);
/* Bytes that the library may hold, all calls together: the least of three quarters of the machine's memory, the limits of the
 * control groups that this process is in (memory.max, memory.limit_in_bytes; systemd's MemoryMax=, Kubernetes's limits) and
 * those above them, RLIMIT_AS and RLIMIT_DATA, as they are now. FS_NO_MEMORY is the answer to a call that wants more, and to
 * one that wants more than what is left now, of the limits and of the machine's memory, by what everybody holds; before
 * the system kills the process for it. A sixteenth of each limit, at most 64 MB, is left for what is not counted. */
uint64_t fs_memory_limit(void);

/* What the library finds where it runs. */
typedef struct fs_host {
  size_t size;
  uint32_t processors;  /* of the machine */
  uint32_t allowed;     /* of them, that the calling thread may run on */
  double quota;         /* processors' worth of time that the control groups grant; 0 if they set no limit */
  uint32_t threads;     /* what fs_threads_set(0) makes of these */
  uint64_t memory_limit; /* fs_memory_limit() */
  const char *instruction_set; /* fs_instruction_set() */
} fs_host;

/* Fills it in: pass sizeof(fs_host). */
fs_status fs_host_describe(fs_host *host, size_t size);
/* OpenBLAS's version and the processor that it is built or chooses its kernels for, as it says: one line of text, cut off where
 * `capacity` ends. It does large products and factors of Doubles: fs_tsne, universal styles, costs. It is loaded by the first call
 * that needs it, or by this one: FS_IO where that fails, FS_NO_MEMORY where a process's address space is too short for it,
 * which takes 400 MB; the same is true of those calls. */
fs_status fs_algebra_library(char *text, size_t capacity);
/* The build of the kernels in use: "avx512", "avx2" or "baseline"; static. It is the best that this
 * processor runs, unless FACESTYLE_ISA in the environment names a lower one, or the program chooses. */
const char *fs_instruction_set(void);
/* Chooses one by its name; NULL is the best. FS_INVALID_ARGUMENT, with what this processor runs, for one
 * that it does not run; and for another than the one in use, once a model has been put to use or
 * distances have been computed: weights are laid out for one build. */
fs_status fs_instruction_set_choose(const char *name);
/* Handles created and not yet destroyed in this process: 0 at the end of a program without leaks. */
size_t fs_debug_live_handles(void);

/* ---- Images: 8-bit sRGB, immutable. They may have the same in 16 bits, and alpha. ---- */

typedef struct fs_image fs_image;

#define FS_IMAGE_MAX_SIDE 65500u       /* the longest width or height */
#define FS_IMAGE_MAX_PIXELS 134217728u /* the largest width * height, 2^27 */

/* FS_NV12 to FS_YUYV are of frames alone. */
typedef enum fs_pixel_format {
  FS_RGB = 0,
  FS_BGR = 1,
  FS_RGBA = 2,
  FS_BGRA = 3,
  FS_GREY = 4,
  FS_NV12 = 5, /* 4:2:0, two planes: Y; U and V in turn */
  FS_NV21 = 6, /* 4:2:0, two planes: Y; V and U in turn */
  FS_I420 = 7, /* 4:2:0, three planes: Y; U; V */
  FS_YUYV = 8, /* 4:2:2, one plane: Y, U, Y, V for two pixels */
  FS_RGB16 = 9,   /* 16-bit samples in this machine's byte order, 65535 white, 6 bytes a pixel; they need not be aligned */
  FS_RGBA16 = 10  /* the same, 8 bytes a pixel */
} fs_pixel_format;

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

/* Decodes a whole JPEG or PNG file held in memory, turned upright. FS_BAD_DATA for truncated, corrupt or too large pictures.
 *
 * Upright    by EXIF: a JPEG's segment; a PNG's eXIf chunk, or the texts "Raw profile type exif" and "Raw profile type APP1"
 *            into which converters put it. Where EXIF has no orientation, tiff:Orientation of XMP counts (a JPEG's segment; a
 *            PNG's texts "XML:com.adobe.xmp" and "Raw profile type xmp"), as it does in Pillow, not in OpenCV, libvips and
 *            browsers: converters drop one and keep the other, and a face that lies on its side is not found. Of a PNG's
 *            text the first 1 MiB is read. Notes that are malformed are taken for none.
 * Profiles   An embedded ICC profile is heeded: numbers become sRGB, by relative colorimetric intent with black point
 *            compensation; one that is sRGB moves no pixel. Taken for none is a profile that is damaged, incomplete or not
 *            of the picture's kind: colours want an RGB profile; greys a grey one, or in a JPEG an RGB one, of which each
 *            grey is three numbers alike; a CMYK JPEG a CMYK one. Inks without a profile are mixed: (255 - C)(255 - K) / 255.
 *            CMYK JPEGs have 255 for no ink, with Adobe's marker and without, as all common decoders read them.
 * PNG        What the numbers mean is said by cICP, or else the profile, or else sRGB, or else gAMA (PNG, third edition);
 *            cHRM is ignored. Of cICP are known: primaries 1, 4 to 9, 11, 12, 22 of ITU-T H.273, and 2, unspecified, taken
 *            for 1; transfers 1, 4, 5, 6, 8, 11, 13 to 16, 18; matrix 0; full and narrow range. With other code points it is
 *            taken for none. The curves of cameras (1, 6, 11, 14, 15: BT.709, BT.601, BT.2020) are taken for sRGB's (13), as
 *            browsers do with BT.709's: a frame of BT.709 video keeps its numbers. In PQ (16), and in HLG (18) as a display
 *            of 1000 cd/m2 shows it, 203 cd/m2 become white, as BT.2408 has it: 58 % and 75 % of the range. What is brighter,
 *            or outside of sRGB, is clipped in each channel; no other tone is moved.
 * 16 bits    A PNG of 16 bits a sample keeps them beside the 8-bit pixels, which are their nearest levels.
 * Alpha      is kept, and fs_image_data is blended over white: c alpha + 255 (1 - alpha), on the sRGB numbers.
 *            A picture without a pixel below 255 is opaque and has none. */
fs_status fs_image_decode(fs_image **out, const void *bytes, size_t byte_count);
/* The same for a file. */
fs_status fs_image_open(fs_image **out, const char *path);
/* Copies pixels. FS_RGBA, FS_BGRA and FS_RGBA16 have straight alpha (colours are not multiplied by it), which is kept as
 * of a PNG; fs_image_from_frame ignores it, for a fourth byte that is filling. */
fs_status fs_image_from_pixels(fs_image **out, const fs_pixels *pixels);
uint32_t fs_image_width(const fs_image *image);  /* 0 for NULL */
uint32_t fs_image_height(const fs_image *image); /* 0 for NULL */
/* R,G,B bytes, 3 * width a row, blended over white where there is alpha; borrowed. NULL for NULL. */
const uint8_t *fs_image_data(const fs_image *image);
/* The same in 16 bits, 3 * width numbers a row, 65535 white; borrowed. NULL for a picture of 8 bits. */
const uint16_t *fs_image_data16(const fs_image *image);
/* How much each pixel covers: width bytes a row, 255 opaque, also of a picture of 16 bits; borrowed. NULL if it is opaque. */
const uint8_t *fs_image_alpha(const fs_image *image);
/* The picture as it was before it was blended over white: its colours alone, opaque. */
fs_status fs_image_unblended(fs_image **out, const fs_image *image);
/* The colours of `image` (as fs_image_unblended gives them) under the alpha of `alpha_source`, which is brought to the size
 * of `image` by FS_BILINEAR. If `alpha_source` is opaque, so is the result. */
fs_status fs_image_with_alpha(fs_image **out, const fs_image *image, const fs_image *alpha_source);

typedef enum fs_filter {
  FS_BILINEAR = 0, /* triangle filter, widened when reducing: Pillow 12's BILINEAR */
  FS_BICUBIC = 1,  /* cubic filter with a = -0.5, widened when reducing: Pillow 12's BICUBIC */
  FS_AREA = 2      /* mean of the pixels that a target pixel touches: PyTorch's interpolate(mode="area") */
} fs_filter;

/* 16 bits and alpha are kept. Colours count by their alpha: a clear pixel lends none, and what becomes all clear becomes
 * white. */
fs_status fs_image_resize(fs_image **out, const fs_image *image, uint32_t width, uint32_t height, fs_filter filter);
/* The part of `image` in the given rectangle, which must lie inside. 16 bits and alpha are kept. */
fs_status fs_image_crop(fs_image **out, const fs_image *image, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
/* out(x', y') = image(x, y) with (x', y') = M (x, y, 1); M is 2x3, row by row, and maps from `image` to
 * the new picture. Bilinear; black outside. The new picture has 8 bits and is opaque: what fs_image_data shows, moved. */
fs_status fs_image_warp(fs_image **out, const fs_image *image, const float matrix[6], uint32_t width, uint32_t height);

typedef enum fs_file_format { FS_PNG = 0, FS_JPEG = 1 } fs_file_format;

/* Encodes into `buffer`; `quality` is JPEG's, 1 to 100. A PNG has the picture's 16 bits and its alpha, over colours as they
 * were before they were blended, and says that it is sRGB; a JPEG has what fs_image_data shows. *byte_count is always the
 * size of the file: call with capacity 0 and buffer NULL to ask for it. FS_INVALID_ARGUMENT, with *byte_count written,
 * when 0 < capacity < size. */
fs_status fs_image_encode(const fs_image *image, fs_file_format format, uint32_t quality, void *buffer,
                          size_t capacity, size_t *byte_count);
/* Writes a .png, .jpg or .jpeg file (JPEG quality 95). The file appears whole or not at all. */
fs_status fs_image_write(const fs_image *image, const char *path);
void fs_image_destroy(fs_image *image);

/* ---- Frames: a camera's pictures, read where they lie and never kept. ---- */

/* A part of a picture, in its pixels. All zeros: the whole picture. */
typedef struct fs_region { uint32_t x, y, width, height; } fs_region;

/* The shares of red, green and blue in Y: ITU-R BT.601 or BT.709. What made the frame decides, not its size. BT.601: cameras
 * that do not say otherwise, whatever was a JPEG, and Y that ffmpeg or OpenCV makes of RGB, at every size unless told otherwise.
 * BT.709: HD video as it was made, whose Y, U and V a decoder hands on; so does ffmpeg -pix_fmt nv12, scaled or not. */
typedef enum fs_colour_matrix { FS_BT601 = 0, FS_BT709 = 1 } fs_colour_matrix;
/* Y from 16 to 235, U and V from 16 to 240; or all from 0 to 255, as in JPEG. Of MJPEG ffmpeg 7 makes frames of limited range,
 * ffmpeg 9 of full range, unless told: -vf scale=out_range=tv is FS_LIMITED_RANGE. */
typedef enum fs_colour_range { FS_LIMITED_RANGE = 0, FS_FULL_RANGE = 1 } fs_colour_range;

/* What lies in your memory, as the camera's driver tells it. FS_NV12, FS_NV21 and FS_I420 have one U and one V for a square
 * of four pixels, FS_YUYV for two of a row: those pixels get the same. Where a width or height is odd, chroma rounds up: the
 * last pixels have U and V of their own, so a row of FS_NV12's second plane has 2 * ((width + 1) / 2) bytes, one of FS_YUYV
 * 4 * ((width + 1) / 2), and planes of chroma have (height + 1) / 2 rows. */
typedef struct fs_frame {
  size_t size;               /* sizeof(fs_frame) */
  const uint8_t *planes[3];  /* the top row of each; those that the format lacks are not looked at */
  size_t byte_counts[3];     /* of each plane: at least stride * (rows - 1) + one row's bytes */
  size_t strides[3];         /* bytes from one row to the next; 0 if rows are packed */
  uint32_t width, height;    /* as it lies in memory, before it is turned */
  fs_pixel_format format;
  uint32_t rotation;         /* degrees by which it must be turned clockwise to stand upright: 0, 90, 180 or 270 */
  int32_t mirrored;          /* not 0: left and right are exchanged after that, as of a mirror image */
  fs_colour_matrix matrix;   /* matrix and range are of FS_NV12 to FS_YUYV */
  fs_colour_range range;
} fs_frame;

/* All zeros but `size`: FS_RGB, upright, FS_BT601, FS_LIMITED_RANGE. */
fs_status fs_frame_init(fs_frame *frame, size_t size);
/* The frame's upright picture, which is `height` wide and `width` high if it is turned by 90 or 270 degrees; or a part of
 * that picture, and then no more of the frame is read. NULL region: all of it. Colours are right to one level; alpha is
 * ignored, 16-bit samples become 8. FS_INVALID_ARGUMENT for a plane that is too short and a region that does not lie inside. */
fs_status fs_image_from_frame(fs_image **out, const fs_frame *frame, const fs_region *region);

/* ---- Augmentation: pictures varied at random, for a network to learn from. ---- */

typedef enum fs_strength {
  FS_AUGMENT_NONE = 0,     /* nothing is changed */
  FS_AUGMENT_STANDARD = 1, /* mirror, small movements, light */
  FS_AUGMENT_STRONG = 2    /* more of it, and what poor cameras, compression and things in front do */
} fs_strength;

/* Probabilities are 0 to 1; ranges are drawn from uniformly. Lengths are parts of the picture's side. */
typedef struct fs_augmentation {
  size_t size;
  float flip;               /* probability of a mirror image */
  float shift;              /* across and down, up to so much either way; a part of the side, at most 0.5 */
  float turn;               /* radians, up to so much either way */
  float scale;              /* larger or smaller by a factor of 1 - scale to 1 + scale, at most 0.9 */
  float brightness;         /* levels of 255, up to so many either way */
  float contrast;           /* differences from mid-grey times 1 - contrast to 1 + contrast, at most 1 */
  float grey;               /* probability of losing all colour */
  float blur;               /* probability of a Gaussian blur */
  float blur_size;          /* its largest standard deviation, a part of the side, at most 0.1; default 0.015 */
  float coarse;             /* probability of few pixels, mixed up to the size again */
  uint32_t coarsest;        /* the fewest across the side, 4 to 4096, twice as many being the most; default 32 */
  float compression;        /* probability of JPEG compression */
  uint32_t worst_quality;   /* its lowest quality, 1 to 100; default 20 */
  float noise;              /* probability of noise */
  float noise_levels;       /* its largest standard deviation in levels, at most 255; default 12 */
  float occlusion;          /* probability of a rectangle of one colour in front */
  float occlusion_size;     /* its longest side, a part of the picture's; default 0.4 */
  float blend;              /* probability of mixing in another face of the set, where a teacher sees the same picture */
  float blend_share;        /* the largest share of the other; default 0.5 */
} fs_augmentation;

/* The settings of a strength. */
fs_status fs_augmentation_init(fs_augmentation *augmentation, size_t size, fs_strength strength);
/* One variation of a picture, of its size, with 8 bits and opaque, fixed by the seed. Its edge is repeated where it moves
 * away from an edge.
 * NULL is FS_AUGMENT_STANDARD. There is no other face here: `blend` does nothing. */
fs_status fs_image_augment(fs_image **out, const fs_image *image, const fs_augmentation *augmentation, uint64_t seed);

/* ---- Models: the weights of a network, read from a safetensors file. ---- */

typedef struct fs_model fs_model;

/* Reads a file. FS_BAD_DATA for no safetensors file, or metadata that say of no network what it is like. Whether it holds all
 * tensors of its architecture is seen when a detector, an embedder, a styler or features are made from it: FS_BAD_DATA then
 * names the tensor. */
fs_status fs_model_open(fs_model **out, const char *path);
fs_status fs_model_load(fs_model **out, const void *bytes, size_t byte_count);
const char *fs_model_architecture(const fs_model *model); /* "mtcnn", "cascade" or a name of fs_architecture_name */
/* What the file says under `key` ("name", "licence", "source", ...), or NULL. */
const char *fs_model_metadata(const fs_model *model, const char *key);
uint64_t fs_model_parameter_count(const fs_model *model);
/* A number made from all weights and metadata, in any order: models that differ have different ones. */
uint64_t fs_model_fingerprint(const fs_model *model);
void fs_model_destroy(fs_model *model);

typedef enum fs_pooling {
  FS_POOLING_AVERAGE = 0,
  FS_POOLING_MAX = 1,
  FS_POOLING_L2 = 2 /* 0.78 sqrt(sum of squares), as style-transfer-pytorch has it */
} fs_pooling;

/* What one layer of a model answers to an image: `layer` is "conv1_1" ... "conv5_4" (after its ReLU) or
 * "pool1" ... "pool5" of VGG-19 at the image's own size; "3a", "3b", "3c", "4a", "4e", "5a", "5b" or
 * "embedding" of nn4.small2 (96x96); "embedding" of dlib-resnet (150x150); fs_model_layer_name lists them. `shape` receives
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

/* ---- Detector: finds faces; with MTCNN (Zhang et al. 2016) five points in each, with CascadeCNN (Li et al. 2015, model
 * "cascade") none. ---- */

typedef struct fs_point { float x, y; } fs_point;

typedef struct fs_face {
  float x, y, width, height; /* box, in pixels of the searched image; may reach beyond its edges */
  float score;               /* 0 to 1, higher is surer */
  fs_point landmarks[5];     /* left eye, right eye, nose, left and right mouth corner, as seen; NaN if not known */
} fs_face;

typedef enum fs_face_order { FS_LARGEST_FIRST = 0, FS_SUREST_FIRST = 1 } fs_face_order;

#define FS_DEFAULT_THRESHOLD (-1.0f) /* of all thresholds below: the model's own; any other must be >= 0 */

typedef struct fs_detector_options {
  size_t size;
  float min_face;       /* side of the smallest face to look for, in pixels; default 40, at least 12 */
  float thresholds[3];  /* scores that pass the three stages, 0 to 1; default FS_DEFAULT_THRESHOLD: the detector's own,
                         * 0.6, 0.7, 0.7 of MTCNN, of CascadeCNN the model's */
  float scale_step;     /* between levels of the pyramid; default 0.709, 0.1 to 0.95 */
  uint32_t max_faces;   /* at most so many are found, the first in order; default 0: all */
  fs_face_order order;  /* default FS_LARGEST_FIRST */
  fs_region region;     /* the part that is searched, as if it were a picture of its own; default: all. It must lie inside
                         * each picture; faces are told in pixels of the whole picture. */
} fs_detector_options;

fs_status fs_detector_options_init(fs_detector_options *options, size_t size);

typedef struct fs_detector fs_detector;

fs_status fs_detector_create(fs_detector **out, const fs_model *model, const fs_detector_options *options);
/* Writes the first min(*count, capacity) faces in the options' order; *count is how many were found. */
fs_status fs_detector_find(const fs_detector *detector, const fs_image *image, fs_face *faces, size_t capacity,
                           size_t *count);
/* The same faces as in the picture of fs_image_from_frame, and in its pixels: upright, whichever way the frame lies, since
 * points such as "left eye" only make sense there. A CascadeCNN sees luma alone: of a video format no chroma is read then.
 * `region` is searched in place of the options' own; NULL: that one. */
fs_status fs_detector_find_frame(const fs_detector *detector, const fs_frame *frame, const fs_region *region,
                                 fs_face *faces, size_t capacity, size_t *count);
/* 1 if the detector's faces have landmarks, without which no face can be aligned and embedded; else 0, also for NULL. */
uint32_t fs_detector_finds_points(const fs_detector *detector);
void fs_detector_destroy(fs_detector *detector);

/* ---- Embedder: a face as a vector; two vectors of one person lie near each other. ---- */

typedef struct fs_embedder fs_embedder;

fs_status fs_embedder_create(fs_embedder **out, const fs_model *model);
size_t fs_embedder_dimension(const fs_embedder *embedder);   /* floats in one embedding; 0 for NULL */
float fs_embedder_threshold(const fs_embedder *embedder);    /* the distance up to which two faces are one person's */
/* What the network sees of a photo is a picture of this size, its chip; 0 for NULL. */
uint32_t fs_embedder_chip_width(const fs_embedder *embedder);
uint32_t fs_embedder_chip_height(const fs_embedder *embedder);
uint32_t fs_embedder_chip_side(const fs_embedder *embedder); /* both, where they are the same; else 0 */
/* 1 if the chip is an aligned face; 0 if it is the whole photo, stretched to the chip's size by FS_BILINEAR, also for NULL.
 * Whole photos are what a network sees that was trained on photos without points (fs_trainer_run), or whose pictures are no
 * squares and whose file does not say where the points lie: "siamese". For it, all below that wants a face takes NULL in its
 * place (with a count of 1) and refuses faces (FS_WRONG_MODEL), and where a detector is wanted it may be NULL, and is not
 * looked at. */
uint32_t fs_embedder_aligns(const fs_embedder *embedder);
/* The aligned picture of a face: turned, scaled and cut so that its five points lie where the network
 * learnt them (least-squares similarity, Umeyama 1991). */
fs_status fs_embedder_align(const fs_embedder *embedder, fs_image **out, const fs_image *image, const fs_face *face);
/* The same picture of a face that fs_detector_find_frame found. */
fs_status fs_embedder_align_frame(const fs_embedder *embedder, fs_image **out, const fs_frame *frame, const fs_face *face);
/* Where the five points lie in it, in the order of fs_face. FS_WRONG_MODEL where whole photos are seen. */
fs_status fs_embedder_template(const fs_embedder *embedder, fs_point points[5]);
/* The same of an architecture's weights whose file does not say so: as their authors trained them, or dlib's mean face.
 * FS_NOT_FOUND for a name that is not known, FS_WRONG_MODEL for a network that embeds no square picture of a face. */
fs_status fs_architecture_template(const char *name, fs_point points[5]);
/* Embeds `count` faces of one image: `embeddings` receives count * dimension floats, face after face. All faces or none: a
 * face that fails leaves `embeddings` as they were. */
fs_status fs_embedder_embed(const fs_embedder *embedder, const fs_image *image, const fs_face *faces, size_t count,
                            float *embeddings, size_t capacity);
/* The same numbers for faces of a frame, of which no more is read than the faces. */
fs_status fs_embedder_embed_frame(const fs_embedder *embedder, const fs_frame *frame, const fs_face *faces, size_t count,
                                  float *embeddings, size_t capacity);
/* Embeds `count` aligned pictures, each chip_width x chip_height. */
fs_status fs_embedder_embed_chips(const fs_embedder *embedder, const fs_image *const *chips, size_t count,
                                  float *embeddings, size_t capacity);
/* Finds the main face of a photo (large and central) and embeds it. FS_NO_FACE if there is none.
 * `face` may be NULL. Where whole photos are seen nothing is looked for: `face` is the whole photo, without points. */
fs_status fs_embedder_embed_photo(const fs_embedder *embedder, const fs_detector *detector, const fs_image *photo,
                                  fs_face *face, float *embedding, size_t capacity);
/* What fs_embedder_embed_chips with `count` pictures will make this process hold at its peak, in bytes, beyond
 * what it holds before and a copy of the embeddings (count * dimension floats); true within a tenth and 2 MB. It
 * is the same for any large count. It counts weights that are laid out at the first use, so later calls need less. */
fs_status fs_embedder_memory_needed(const fs_embedder *embedder, size_t count, uint64_t *bytes);
void fs_embedder_destroy(fs_embedder *embedder);

/* ---- Quality: is this face fit to be recognised by? ---- */

typedef enum fs_quality_reason { /* bits */
  FS_QUALITY_SMALL = 1,    /* too few pixels between the eyes */
  FS_QUALITY_BLURRED = 2,
  FS_QUALITY_TURNED = 4,   /* yaw or pitch */
  FS_QUALITY_TILTED = 8,   /* roll */
  FS_QUALITY_DARK = 16,    /* in the mean, or in a large part */
  FS_QUALITY_BRIGHT = 32,
  FS_QUALITY_FLAT = 64,    /* too little contrast */
  FS_QUALITY_CUT_OFF = 128 /* by the picture's edge */
} fs_quality_reason;

/* A face is rejected below what is called min and above what is called max. */
typedef struct fs_quality_options {
  size_t size;
  float min_eye_distance; /* pixels; default 20 */
  float min_sharpness;    /* default 30 */
  float max_yaw;          /* degrees either way; default 40 */
  float max_pitch;        /* default 30 */
  float max_roll;         /* default 45 */
  float min_brightness;   /* 0 to 255; default 50 */
  float max_brightness;   /* default 210 */
  float max_clipped;      /* part of the face without detail, of dark and of bright each; default 0.25 */
  float min_contrast;     /* default 15 */
  float max_outside;      /* part of the face; default 0.05 */
} fs_quality_options;

/* Light and sharpness are those of the aligned face, 112 pixels wide, there of the middle 60 % of the width and 75 % of the
 * height: nearly all skin. A face without landmarks (NaN) is measured where its box has the mean face, looking straight ahead:
 * its pose is NaN, and no reason against it. */
typedef struct fs_quality {
  uint32_t reasons;    /* fs_quality_reason bits; 0: nothing speaks against it */
  float score;         /* 0 to 1: an order among photos of a person, no probability */
  float eye_distance;  /* pixels of the picture; without landmarks 0.294 of the box's longer side, as of the mean face */
  float sharpness;     /* variance of the Laplacian, levels squared (Pech-Pacheco et al. 2000) */
  float yaw;           /* degrees, from five points and a mean face: of use to some 60 degrees, +- 10; positive when */
  float pitch;         /* the nose points to the right of the picture; when it points down; */
  float roll;          /* when the head is turned clockwise */
  float brightness;    /* mean of 0.299 R + 0.587 G + 0.114 B */
  float contrast;      /* its standard deviation */
  float clipped_dark;  /* part of the pixels below 5 */
  float clipped_bright; /* above 250 */
  float outside;       /* part of the face beyond the picture's edges */
} fs_quality;

fs_status fs_quality_options_init(fs_quality_options *options, size_t size);
/* FS_INVALID_ARGUMENT for limits that are NaN, and landmarks that are infinite or fall together. The face's box is looked at
 * only where landmarks are NaN, and must have an area then. NULL options: defaults. */
fs_status fs_face_quality(const fs_image *image, const fs_face *face, const fs_quality_options *options,
                          fs_quality *quality);
/* The same numbers for a face of a frame, of which no more is read than the face. */
fs_status fs_face_quality_frame(const fs_frame *frame, const fs_face *face, const fs_quality_options *options,
                                fs_quality *quality);
/* "too small", ...; of one bit; static, never NULL. */
const char *fs_quality_reason_text(fs_quality_reason reason);

/* ---- Tracker: faces followed from frame to frame, so that one person who passes is one event. ---- */

typedef enum fs_track_event { /* bits */
  FS_TRACK_BEGUN = 1,   /* the person has come */
  FS_TRACK_BEST = 2,    /* the best photo of the person so far */
  FS_TRACK_IDENTIFY = 4, /* time to identify: never done for this track, long ago, the photo is much better now, or another
                          * person may stand there (identify_gap) */
  FS_TRACK_RETURNED = 8  /* the face is there again after one frame or more without it */
} fs_track_event;

/* Times are in seconds or in what else you count frames by. */
typedef struct fs_tracker_options {
  size_t size;
  float min_overlap;       /* intersection over union with the foretold box, more than 0, at most 1; default 0.3 */
  float max_distance;      /* without such an overlap: of the centres, in sides of the larger box; default 0.6 */
  uint32_t max_missed;     /* frames in a row without the face before its track ends; default 10 */
  uint32_t min_seen;       /* frames with the face before its track has begun, at least 1; default 2 */
  double identify_every;   /* time from one identification to the next; default 0: never again for that reason */
  float identify_better;   /* times the quality at the last identification, more than 1; default 1.5 */
  uint32_t identify_gap;   /* frames in a row without the face after which to identify again, as another person may stand
                            * there; default 1. Not 0: also once tracks are apart again that were so near to each other that
                            * they may have been exchanged, and for a face that jumps. 0: never for these reasons */
  uint32_t max_tracks;     /* at a time, 1 to 1024; default 64 */
} fs_tracker_options;

/* What became of a face of the frame. */
typedef struct fs_tracked {
  uint64_t track;  /* from 1, never given twice; 0 for a face that found no room among max_tracks */
  uint32_t events; /* fs_track_event bits */
  int32_t begun;   /* 1 from FS_TRACK_BEGUN on, 0 before */
} fs_tracked;

typedef struct fs_track {
  uint64_t track;
  uint32_t seen, missed; /* frames with the face; frames since the last of them */
  double first_time, last_time;
  fs_face face;          /* the last that was seen */
  float best_quality;
  uint64_t best_frame;   /* frames count from 1, one an update */
  double best_time;
  fs_face best_face;
  int32_t begun;
} fs_track;

typedef struct fs_tracker fs_tracker;

fs_status fs_tracker_options_init(fs_tracker_options *options, size_t size);
/* NULL options: defaults. It holds no pictures and no more than max_tracks tracks. */
fs_status fs_tracker_create(fs_tracker **out, const fs_tracker_options *options);
/* The faces of the next frame, of which `tracked`, with room for `capacity`, at least `count`, receives one for each. Boxes
 * are looked at, landmarks are not. Faces without a box, or more than 1024, are refused, and then nothing has changed.
 * `qualities` [count] are 0 or more, such as fs_quality.score; NULL: score * sqrt(width * height). `time` is never less than
 * the last frame's. The same faces give the same tracks, always. */
fs_status fs_tracker_update(fs_tracker *tracker, const fs_face *faces, const float *qualities, size_t count, double time,
                            fs_tracked *tracked, size_t capacity);
/* A tracker compares places, not faces: who stands where another stood a moment before is the same track. Hosts that identify
 * when they get FS_TRACK_IDENTIFY, and compare with what they saw of the track before, notice. These two are what they say
 * then; FS_NOT_FOUND for a track that is not followed. */
/* The photo was of no use: the next frame with the face gets FS_TRACK_IDENTIFY again. */
fs_status fs_tracker_identify_again(fs_tracker *tracker, uint64_t track);
/* It is another person now: the track ends, and its face goes on as a new track, *next, which has begun and counts as
 * identified. FS_INVALID_ARGUMENT for a track that has not begun, or whose face was not in the last frame. */
fs_status fs_tracker_replace(fs_tracker *tracker, uint64_t track, uint64_t *next);
/* The tracks that the last fs_tracker_update or fs_tracker_finish, and fs_tracker_replace since, ended; a track that never began
 * is not told. Writes min(*count, capacity) of them, the oldest first. */
fs_status fs_tracker_ended(const fs_tracker *tracker, fs_track *tracks, size_t capacity, size_t *count);
/* The tracks that go on, begun or not, in the same way. */
fs_status fs_tracker_tracks(const fs_tracker *tracker, fs_track *tracks, size_t capacity, size_t *count);
/* Ends all tracks. */
fs_status fs_tracker_finish(fs_tracker *tracker);
void fs_tracker_destroy(fs_tracker *tracker);

/* ---- Verification: is this the person? Near means the same: same = distance <= threshold. ---- */

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

/* ---- Distances: other ways to compare two embeddings. Never negative; near means the same person. ---- */

typedef enum fs_distance_kind {
  FS_DISTANCE_EUCLIDEAN = 0, /* sqrt(sum of (a - b)^2), as everywhere else */
  FS_DISTANCE_SQUARED = 1,   /* sum of (a - b)^2 */
  FS_DISTANCE_COSINE = 2,    /* 1 - a.b / (|a| |b|), 0 to 2; 1 where either is 0 */
  FS_DISTANCE_CHI_SQUARE = 3, /* sum of (a - b)^2 / (|a| + |b|) */
  /* With the head of a trained pair loss: weight [dimension], bias [1]. 0 to 1: the probability of two people. */
  FS_DISTANCE_DIFFERENCE_HEAD = 4, /* 1 - sigmoid(weight . |a - b| + bias), FS_LOSS_PAIR_DIFFERENCE's */
  FS_DISTANCE_CHI_SQUARE_HEAD = 5  /* the same of (a - b)^2 / (|a| + |b|), FS_LOSS_PAIR_CHI_SQUARE's */
} fs_distance_kind;

/* The distance of each of count_a rows to each of count_b: `distances` [count_a, count_b], infinite only where it is itself too
 * large for a float. `head` holds dimension + 1 floats, or is NULL for a kind without one. The same bits for any number of
 * threads. FS_INVALID_ARGUMENT for numbers that are not finite. */
fs_status fs_distances(fs_distance_kind kind, const float *a, size_t count_a, const float *b, size_t count_b,
                       size_t dimension, const float *head, float *distances, size_t capacity);

/* ---- Identification: who of some people is it, or is it somebody else? On arrays of your own, or in a gallery. ---- */

/* How several photos of a person count. */
typedef enum fs_rule {
  FS_RULE_NEAREST = 0,  /* the nearest photo */
  FS_RULE_MEAN = 1,     /* the mean of the distances to all photos */
  FS_RULE_TEMPLATE = 2, /* the distance to the mean of the person's embeddings, as long as these are in the mean */
  FS_RULE_VOTE = 3      /* who has most of the nearest photos; of persons with as many, the nearest */
} fs_rule;

typedef struct fs_identify_options {
  size_t size;
  fs_rule rule;          /* default FS_RULE_NEAREST */
  fs_distance_kind kind; /* default FS_DISTANCE_EUCLIDEAN */
  const float *head;     /* dimension + 1 floats for a kind that has one; default NULL */
  float threshold;       /* 0 or more: it belongs to model, kind and rule (everybody is nearer to a template than to a photo);
                          * fs_identify wants one (fs_embedder_threshold, fs_calibrate); default FS_DEFAULT_THRESHOLD, in a
                          * gallery the model's own, of Euclidean distances alone */
  float margin;          /* by how much the next person must be farther; default 0: that is not asked for */
  uint32_t neighbours;   /* of FS_RULE_VOTE; default 5 */
} fs_identify_options;

typedef struct fs_identity {
  int32_t known;            /* 1 if the nearest person is within the threshold and far enough before the next */
  int32_t ambiguous;        /* 1 if within the threshold, but not far enough before the next: a stranger, then */
  int32_t label;            /* who it is; INT32_MIN for a stranger */
  int32_t nearest;          /* the nearest person, known or not; INT32_MIN if there is nobody */
  int32_t runner_up;        /* the next person; INT32_MIN if there is nobody else */
  float distance;           /* of the nearest person; infinite if there is nobody */
  float runner_up_distance; /* infinite if there is nobody else */
  float margin;             /* runner_up_distance - distance; negative where a vote went to one who is farther */
  float threshold;          /* that was used */
  uint64_t photo;           /* row of the nearest person's nearest photo; UINT64_MAX if there is nobody */
  uint32_t votes;           /* of FS_RULE_VOTE: the nearest person's; else 0 */
} fs_identity;

fs_status fs_identify_options_init(fs_identify_options *options, size_t size);
/* Compares `probe` [dimension] with `embeddings` [count, dimension], photos of the people that `labels` [count] name by any
 * numbers. No photos are fine: a stranger. */
fs_status fs_identify(const float *embeddings, const int32_t *labels, size_t count, size_t dimension, const float *probe,
                      const fs_identify_options *options, fs_identity *identity);

/* ---- Gallery: people, several photos each, encoded once; in memory, or in a file or on a server that keeps them. ----
 *
 * What is asked is answered from memory, by measuring every photo. With a file or a server (fs_gallery_open) a change is
 * written there first, then to memory: once the call returns FS_OK it outlives a killed process and a power cut, and a change
 * that fails changes nothing. Searching threads wait while memory itself is changed, not while anything is written. */

/* A name is 1 to 255 bytes. It is kept, compared and given back in Unicode's form C (NFC): an e with a combining diaeresis is
 * the letter with it, however it was typed. */
#define FS_NAME_CAPACITY 256

typedef struct fs_match {
  int32_t known;              /* 1 if the nearest person lies within the threshold, else 0: a stranger */
  float distance;             /* of the nearest person; infinite if the gallery is empty */
  float threshold;            /* that was used */
  char name[FS_NAME_CAPACITY];    /* who it is; "" for a stranger */
  char nearest[FS_NAME_CAPACITY]; /* the nearest person, known or not; "" if the gallery is empty */
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
typedef struct fs_gallery_identity {
  int32_t known;            /* 1 if the nearest person is within the threshold and far enough before the next */
  int32_t ambiguous;        /* 1 if within the threshold, but not far enough before the next: a stranger, then */
  float distance;           /* of the nearest person, by the rule; infinite if the gallery is empty */
  float runner_up_distance; /* infinite if there is nobody else */
  float margin;             /* runner_up_distance - distance; negative where a vote went to one who is farther */
  float threshold;          /* that was used */
  uint64_t photo;           /* the nearest person's nearest; UINT64_MAX if the gallery is empty */
  uint32_t votes;           /* of FS_RULE_VOTE: the nearest person's; else 0 */
  char name[FS_NAME_CAPACITY];      /* who it is; "" for a stranger */
  char nearest[FS_NAME_CAPACITY];   /* the nearest person, known or not; "" if the gallery is empty */
  char runner_up[FS_NAME_CAPACITY]; /* the next person; "" if there is nobody else */
} fs_gallery_identity;

/* Who is it, by a rule for several photos of a person, and who comes next? NULL options: defaults, which find the person of
 * fs_gallery_identify. */
fs_status fs_gallery_identify_by(const fs_gallery *gallery, const float *embedding, size_t dimension,
                                 const fs_identify_options *options, fs_gallery_identity *identity);
fs_status fs_gallery_identify_photo_by(const fs_gallery *gallery, const fs_embedder *embedder, const fs_detector *detector,
                                       const fs_image *photo, const fs_identify_options *options,
                                       fs_gallery_identity *identity);
/* The k photos nearest to each of `count` embeddings, measured against every photo: neighbours[i * k] is the
 * nearest to embedding i, the others follow; of equally near ones, the one added first. `capacity` is at
 * least count * k. Each embedding gets *found = min(k, photos) neighbours (`found` may be NULL); the rest
 * of its k have an infinite distance, photo UINT64_MAX and name "". One call with many embeddings is
 * faster than many calls. */
fs_status fs_gallery_search(const fs_gallery *gallery, const float *embeddings, size_t count, size_t dimension,
                            size_t k, fs_neighbour *neighbours, size_t capacity, size_t *found);
/* All photos up to a distance from an embedding, both included: writes the min(*count, capacity) nearest, nearest first;
 * *count is how many there are. */
fs_status fs_gallery_within(const fs_gallery *gallery, const float *embedding, size_t dimension, float distance,
                            fs_neighbour *neighbours, size_t capacity, size_t *count);

/* A gallery in a file. The file is a database of SQLite's in write-ahead mode: beside it lie FILE-wal and FILE-shm while it is
 * open, and they belong to it. Processes may share it: one writes while others read. A change sees first what others
 * changed; searches do not look at the file until fs_gallery_reload. Not to be used after fork, other than to search
 * and to destroy: open it again in the child.
 *  - SQLite's own tools are welcome: VACUUM, ANALYZE, copies by VACUUM INTO or .backup (at any time; cp only while nobody
 *    has it open), a dump that was read back, indexes of yours that are not unique.
 *  - Where the file, or one beside it, is removed, renamed or replaced while the gallery is open, changes and reloads are
 *    FS_IO and change nothing: what went to a file that nobody finds would not be kept. Open it again.
 *  - Any path is that of a file, whatever SQLite makes of such a name (":memory:"); but one that ends in -wal, -shm or
 *    -journal is FS_INVALID_ARGUMENT.
 *
 * A gallery on a PostgreSQL server, which any number of hosts share, is opened by its address instead of a path:
 * "postgresql://user:password@host:port/database?option=value", in libpq's words; what it leaves out libpq looks for in PGUSER
 * and the like and in ~/.pgpass. Reasons hold no passwords. libpq (14 or later) is loaded when the first address is given. All else
 * is as with a file:
 *  - Three tables, facestyle_..., are made at the first opening, in the first schema of the search path; one gallery a schema
 *    (another: options=-csearch_path%3DNAME).
 *  - Each host has all of the gallery in memory and searches there; the server only keeps it. Hosts write one after the
 *    other. fs_gallery_reload reads only new photos, unless others were removed or replaced.
 *  - Nothing waits for ever: FS_IO after 10 seconds for a connection (connect_timeout) or for another host that writes, 20 for
 *    a statement, 30 for a server that says nothing.
 *  - When the connection is lost the call fails with FS_IO, searches go on, and the next change or reload connects again.
 *    (If it is lost while a change ends, that change may have been kept: the next change or reload shows.)
 *  - A server that was restored from an older copy is another gallery: open it again.
 *  - A pooler may stand before the server, in session or in transaction mode: nothing is kept in a session beyond a
 *    transaction, and each transaction asks its session whether it has the search_path and the role that the address (or
 *    PGOPTIONS) names and shows the tables of this gallery. FS_IO if not; nothing is changed then.
 *  - A server that only repeats another, or a database that is read only by default, is read; changes are FS_IO until it is
 *    promoted or changed: it is asked each time. */

#define FS_GALLERY_KEY_LENGTH 32

typedef struct fs_gallery_options {
  size_t size;
  const uint8_t *key; /* 32 bytes that encrypt the embeddings that are kept, from the beginning on (XChaCha20-Poly1305 of
                       * libsodium, which is loaded when it is needed); names and notes are not encrypted. Default NULL */
  int32_t read_only;  /* not 0: changes are refused; a file that lies where nothing may be written can be opened. Default 0 */
  int32_t create;     /* not 0: begin a new gallery where there is none, if an embedder is given. Default 1 */
} fs_gallery_options;

fs_status fs_gallery_options_init(fs_gallery_options *options, size_t size);
/* Opens a gallery, or begins one. `embedder` may be NULL for one that is there. FS_WRONG_MODEL for a gallery of another model
 * than the embedder's; FS_BAD_DATA for a file that is no gallery, or damaged; FS_INVALID_ARGUMENT for a key that is not the
 * gallery's, or one too few or too many, and for what is no address; FS_NOT_FOUND where no gallery is and none can be begun;
 * FS_IO for what the system or the server refuses, and where libsodium for a key, or libpq, is not to be loaded. NULL options:
 * defaults. */
fs_status fs_gallery_open(fs_gallery **out, const char *path, const fs_embedder *embedder, const fs_gallery_options *options);

typedef struct fs_gallery_info {
  size_t size;          /* set it to sizeof(fs_gallery_info) */
  uint64_t model;       /* fs_model_fingerprint of the model whose embeddings it holds */
  uint64_t people, photos;
  uint32_t dimension;   /* floats in one embedding */
  float threshold;      /* the model's */
  int32_t is_stored;    /* 1 in a file or on a server, 0 in memory alone */
  int32_t is_encrypted; /* 1 if embeddings are encrypted where they are kept */
  int32_t is_read_only; /* 1 if changes are refused; of a server, when the gallery was last opened, reloaded or changed */
} fs_gallery_info;

fs_status fs_gallery_info_get(const fs_gallery *gallery, fs_gallery_info *info);
/* Takes in what other processes changed; quick when there is nothing. `changed`, which may be NULL, is 1 if there was. */
fs_status fs_gallery_reload(fs_gallery *gallery, int32_t *changed);

typedef struct fs_enrolment_options {
  size_t size;
  const char *note; /* kept with the photo, 0 to 255 bytes; default NULL */
  float threshold;  /* distance up to which a photo of somebody else is a conflict; default FS_DEFAULT_THRESHOLD */
  int32_t refuse;   /* not 0: a photo with a conflict is not added; default 0 */
} fs_enrolment_options;

/* What adding a photo told. */
typedef struct fs_enrolment {
  uint64_t photo;   /* its number; UINT64_MAX if it was not added */
  int32_t added;    /* 1 or 0 */
  int32_t conflict; /* 1 if a photo under another name is so near that it may be the same person's */
  float distance;   /* of the nearest such photo; infinite if there is none */
  char other[FS_NAME_CAPACITY]; /* whose it is; "" if there is none */
} fs_enrolment;

/* What adding many photos told. */
typedef struct fs_gallery_report {
  uint64_t added;
  uint64_t present;   /* were there already under the same name, to the bit, and are not added again */
  uint64_t conflicts; /* of those added, how many lie within the model's threshold of somebody else's that was there before */
} fs_gallery_report;

fs_status fs_enrolment_options_init(fs_enrolment_options *options, size_t size);
/* Adds a photo and tells whether the same face is there under another name; it is a warning in the log too. (fs_gallery_add and
 * fs_gallery_add_photo look for that only while somebody listens to warnings.) `enrolment` may be NULL. */
fs_status fs_gallery_enrol(fs_gallery *gallery, const char *name, const float *embedding, size_t dimension,
                           const fs_enrolment_options *options, fs_enrolment *enrolment);
/* Adds `count` photos, all or none: photo i is of names[i], embeddings are [count, dimension]. With NULL for the report they are
 * not compared with those of other names, which takes as long as a search for each. */
fs_status fs_gallery_add_many(fs_gallery *gallery, const char *const *names, const float *embeddings, size_t count,
                              size_t dimension, fs_gallery_report *report);
/* Removes a photo, and its person with the last one. FS_NOT_FOUND if it is not there. What is removed or replaced
 * leaves the file for good: its bytes are overwritten, the write-ahead log is emptied. (While another process is reading,
 * the log keeps them until the next removal; that is a warning in the log.) On a server its rows and their index entries are
 * deleted and vacuumed at once; the bytes may stay in freed space until VACUUM FULL, in the server's write-ahead log, replicas and
 * backups, where a key keeps them unreadable. */
fs_status fs_gallery_remove_photo(fs_gallery *gallery, uint64_t photo);
/* Gives a photo another embedding; number, person, time and note stay. */
fs_status fs_gallery_replace_photo(fs_gallery *gallery, uint64_t photo, const float *embedding, size_t dimension);
/* Gives a person other photos, `count` of them and at least one, instead of all there are. */
fs_status fs_gallery_replace_person(fs_gallery *gallery, const char *name, const float *embeddings, size_t count,
                                    size_t dimension);

typedef struct fs_gallery_person {
  uint64_t photos;             /* at least 1 */
  int64_t created;             /* when the first photo came, in seconds since 1970, UTC */
  char name[FS_NAME_CAPACITY];
} fs_gallery_person;

#define FS_NOTE_CAPACITY 256

typedef struct fs_gallery_photo {
  uint64_t photo;              /* its number */
  int64_t created;             /* seconds since 1970, UTC */
  char name[FS_NAME_CAPACITY];
  char note[FS_NOTE_CAPACITY];
} fs_gallery_photo;

/* Writes the first min(*count, capacity) people by the bytes of their names; *count is how many there are. */
fs_status fs_gallery_list_people(const fs_gallery *gallery, fs_gallery_person *people, size_t capacity, size_t *count);
/* The same with the photos of a person, or of all with NULL, by their numbers. */
fs_status fs_gallery_list_photos(const fs_gallery *gallery, const char *name, fs_gallery_photo *photos, size_t capacity,
                                 size_t *count);
/* The embeddings of `count` photos by their numbers: [count, dimension]; `capacity` is in floats. */
fs_status fs_gallery_embeddings(const fs_gallery *gallery, const uint64_t *photos, size_t count, float *embeddings,
                                size_t capacity);

/* Writes all photos to a file, which appears whole or not at all: a table in .csv, with a line `name,created,note,model,0,1,...` for
 * each photo, or .safetensors, with the tensor `embeddings` and the texts `names`, `notes`, `created` as bytes, each text
 * ended by a 0. Numbers come back to the bit. Endings may be in capitals; FS_INVALID_ARGUMENT for others. */
fs_status fs_gallery_export(const fs_gallery *gallery, const char *path);
/* Adds the photos of such a file that are not there yet, all or none; they get new numbers. A table may begin with a byte-order
 * mark and have blank lines, as spreadsheets write them. FS_WRONG_MODEL for photos of another model. With NULL for the report
 * they are not compared with those of other names. */
fs_status fs_gallery_import(fs_gallery *gallery, const char *path, fs_gallery_report *report);
/* The same with the photos of another gallery. */
fs_status fs_gallery_merge(fs_gallery *gallery, const fs_gallery *other, fs_gallery_report *report);
void fs_gallery_destroy(fs_gallery *gallery);

/* ---- Losses and costs, as the papers define them. ---- */

typedef enum fs_reduction {
  FS_SUM = 0,
  FS_MEAN = 1,          /* over all terms */
  FS_MEAN_OF_ACTIVE = 2 /* over the terms that are not 0, where a margin makes some 0; 0 when all are */
} fs_reduction;

/* Triplet loss (Schroff et al. 2015, equation 3) over `count` rows of `dimension` floats:
 * sum or mean of max(0, |a - p|^2 - |a - n|^2 + margin). */
fs_status fs_triplet_loss(const float *anchors, const float *positives, const float *negatives, size_t count,
                          size_t dimension, float margin, fs_reduction reduction, double *loss);

typedef enum fs_cost_variant {
  FS_COST_NORMALISED = 0, /* content 1/(4 H W C), style 1/(4 C^2 (H W)^2) */
  FS_COST_LECTURE = 1,    /* content 1/2, style 1/(2 H W C) */
  FS_COST_MEANS = 2,      /* content 1/(H W C), style 1/(C^2 (H W)^2): PytorchNeuralStyleTransfer, neural-style */
  FS_COST_ROOTS = 3       /* content 1/(2 sqrt(H W C)), style 1/(4 C^2 (H W)^2): neural-style-tf */
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

/* ---- Losses: what networks for faces are trained with; value and gradients, for a network of your own. ---- */

/* x[i] is row i of the embeddings, [count, dimension]; "mean" is what the reduction says. */
typedef enum fs_loss_kind {
  /* Triplet loss as above; rows 3i, 3i + 1 and 3i + 2 are anchor, positive and negative. No labels. */
  FS_LOSS_TRIPLET = 0,
  /* Triplet losses of triplets found in a batch of some people with some photos each (40 each is fine); labels are
   * the people's numbers, whatever they are. FS_INVALID_ARGUMENT for a batch of one person, or of nobody twice. */
  FS_LOSS_BATCH_HARD = 1,   /* each anchor, its farthest positive, its nearest negative (Hermans et al. 2017, equation 5) */
  FS_LOSS_SEMI_HARD = 2,    /* each anchor and positive, the nearest farther negative (Schroff et al. 2015, section 3.2) */
  FS_LOSS_ALL_TRIPLETS = 3, /* every triplet (Hermans et al. 2017, equation 6) */
  /* Pairs: rows 2i and 2i + 1; count / 2 labels, 0 for the same person, 1 for two people. */
  FS_LOSS_CONTRASTIVE = 4,     /* d^2 / 2 or max(0, margin - d)^2 / 2, d = sqrt(|a - b|^2 + epsilon) (Hadsell et al. 2006) */
  FS_LOSS_PAIR_DIFFERENCE = 5, /* cross-entropy of sigmoid(weight . |a - b| + bias), the probability of "same" */
  FS_LOSS_PAIR_CHI_SQUARE = 6, /* the same of (a - b)^2 / (|a| + |b|), 0 where both are 0 (Taigman et al. 2014) */
  /* Classifiers: labels are 0 to classes - 1. */
  FS_LOSS_SOFTMAX = 7, /* cross-entropy of softmax(weight x + bias) */
  FS_LOSS_CENTRE = 8,  /* softmax loss + centre_weight * |x - centre|^2 / 2 (Wen et al. 2016, equation 5) */
  FS_LOSS_COSFACE = 9, /* softmax loss of scale * cos t, right class scale * (cos t - margin) (Wang et al. 2018) */
  FS_LOSS_ARCFACE = 10, /* right class scale * cos(t + margin); past pi, scale * (cos t - margin sin margin) (Deng et al. 2019) */
  /* A teacher's embeddings t, [count, dimension], in place of labels. Always means. */
  FS_LOSS_DISTILLATION = 11, /* cosine_weight * mean(1 - cos(x, t)) + similarity_weight * mean over all pairs of
                              * (cos(x[i], x[j]) - cos(t[i], t[j]))^2 */
  FS_LOSS_TEACHER_DISTANCE = 12, /* mean of |x - t|^2 */
  /* A network that is the classifier itself, and trained whole: x are its scores, labels are 0 to dimension - 1. */
  FS_LOSS_CROSS_ENTROPY = 13 /* cross-entropy of softmax(x); no head */
} fs_loss_kind;

typedef struct fs_loss_options {
  size_t size;
  fs_loss_kind kind;
  fs_reduction reduction;  /* default FS_MEAN */
  float margin;            /* 0 or more; default 0.2 (squared distance) for triplets, 1 for contrastive, 0.35 for CosFace,
                            * 0.5 (radians, at most pi) for ArcFace */
  float epsilon;           /* contrastive; 0 or more, default 1e-6 */
  float scale;             /* CosFace, ArcFace; more than 0, default 64 */
  float centre_weight;     /* lambda, 0 or more; default 0.003 */
  float centre_rate;       /* alpha, 0 to 1; default 0.5 */
  float cosine_weight;     /* distillation, 0 or more; default 2 */
  float similarity_weight; /* distillation, 0 or more; default 4 */
} fs_loss_options;

/* What mining found; zeros for a loss without it. Distances are squared. */
typedef struct fs_mining_statistics {
  uint64_t triplets, active; /* formed, and not yet apart by the margin */
  double hardest_positive;   /* the largest distance of two photos of one person */
  double hardest_negative;   /* the smallest distance of two people's */
} fs_mining_statistics;

fs_status fs_loss_options_init(fs_loss_options *options, size_t size, fs_loss_kind kind);

/* The head: what a loss is trained with besides the network, in one array of floats: weight [classes, dimension],
 * bias [classes], centres [classes, dimension], as far as the loss has them (CosFace and ArcFace have no bias; of a
 * pair loss there is one class). `classes` is looked at by classifiers with a head alone. *count is 0 for a loss without a head. */
fs_status fs_loss_head_size(const fs_loss_options *options, size_t dimension, size_t classes, size_t *count);
/* First values: weights and centres uniform within +-sqrt(6 / (dimension + classes)), biases 0; always the same for a seed. */
fs_status fs_loss_head_init(const fs_loss_options *options, size_t dimension, size_t classes, uint64_t seed, float *head,
                            size_t capacity);

/* The loss of a batch, and how it changes with each number: `gradient` [count, dimension] and `head_gradient`, as
 * long as the head. `labels`, `teacher` and `head` may be NULL where the loss has none; `gradient`, `head_gradient` and
 * `statistics` where they are not wanted. Identical embeddings and zeros are fine: gradients are finite. The same bits
 * for any number of threads. FS_INVALID_ARGUMENT for labels out of range, numbers that are not finite, a number of rows
 * that leaves a pair or triplet incomplete, and a result that overflows. */
fs_status fs_loss_evaluate(const fs_loss_options *options, const float *embeddings, size_t count, size_t dimension,
                           const int32_t *labels, const float *teacher, const float *head, size_t classes, double *value,
                           float *gradient, float *head_gradient, fs_mining_statistics *statistics);
/* Moves the centres of an FS_LOSS_CENTRE head towards a batch, each by centre_rate * (sum of x - centre over its n
 * members) / (n + 1) (Wen et al. 2016, equation 4): in place of a step along their gradient. */
fs_status fs_loss_update_centres(const fs_loss_options *options, const float *embeddings, size_t count, size_t dimension,
                                 const int32_t *labels, float *head, size_t classes);
/* ---- Differentiation: three ways to a derivative, each a check of the others. All in double. ---- */

typedef enum fs_function {
  FS_FUNCTION_EXP = 0,
  FS_FUNCTION_LOG = 1,  /* natural */
  FS_FUNCTION_SQRT = 2,
  FS_FUNCTION_SIN = 3,
  FS_FUNCTION_COS = 4,
  FS_FUNCTION_TANH = 5,
  FS_FUNCTION_SIGMOID = 6,    /* 1 / (1 + exp(-x)) */
  FS_FUNCTION_SOFTPLUS = 7,   /* log(1 + exp(x)) */
  FS_FUNCTION_ABSOLUTE = 8,   /* |x|; its derivative at 0 is 0 */
  FS_FUNCTION_RECIPROCAL = 9, /* 1 / x */
  FS_FUNCTION_SQUARE = 10
} fs_function;

typedef enum fs_differentiation {
  FS_FORWARD = 0, /* dual numbers: f(a + b e) = f(a) + f'(a) b e */
  FS_REVERSE = 1, /* the tape that trains networks and paints pictures */
  FS_NUMERIC = 2  /* central differences with the step 1e-6 */
} fs_differentiation;

/* values[i] = f(x[i]) and derivatives[i] = f'(x[i]) for `count` numbers; either may be NULL. Where f has no
 * value, as the logarithm of -1, there is NaN. */
fs_status fs_differentiate(fs_function function, fs_differentiation way, const double *x, size_t count,
                           double *values, double *derivatives);

/* A function of `count` numbers: writes f(x) to *value and returns FS_OK. Anything else ends the call that it serves,
 * which returns the same. It is called on the thread of that call, with nothing locked, and may use the library. */
typedef fs_status
    (*fs_function_callback)(const double *x, size_t count, double *value, void *user);
/* Its gradient: writes df/dx[i] to gradient[i], count of them. */
typedef fs_status
    (*fs_gradient_callback)(const double *x, size_t count, double *gradient, void *user);

typedef struct fs_gradient_options {
  size_t size;
  double step;     /* h = step * max(1, |x[i]|); default 1e-6, 1e-12 to 1 */
  double absolute; /* tolerances, not both 0; default 1e-5 */
  double relative; /* default 1e-3 */
} fs_gradient_options;

fs_status fs_gradient_options_init(fs_gradient_options *options, size_t size);

typedef struct fs_gradient_report {
  size_t index;    /* the number of x at which the two agree worst */
  double analytic; /* df/dx[index] as `gradient` has it */
  double numeric;  /* and as central differences have it */
  double ratio;    /* |analytic - numeric| / (absolute + relative * |numeric|); infinite where one is NaN */
  int32_t passed;  /* 1 if ratio <= 1, else 0 */
} fs_gradient_report;

/* gradient[i] = (f(x + h e[i]) - f(x - h e[i])) / 2h, by 2 * count calls of `function`. */
fs_status fs_gradient_numeric(fs_function_callback function, void *user, const double *x, size_t count,
                              const fs_gradient_options *options, double *gradient);
/* Compares a gradient with central differences. `gradient` may be NULL: then differences of twice the step stand in its
 * place, which tells whether the function is smooth at x. Keep away from kinks by more than h. */
fs_status fs_gradient_check(fs_function_callback function, fs_gradient_callback gradient, void *user, const double *x,
                            size_t count, const fs_gradient_options *options, fs_gradient_report *report);

/* Convolution over 1, 2 or 3 axes (`axes`): x [batch, n1 ... nd, inputs], weights [outputs, inputs, k1 ... kd], bias
 * [outputs] or NULL, y [batch, n1' ... nd', outputs] with n' = (n + 2 padding - k) / stride + 1. Each shape has axes + 2
 * numbers; `y_shape` receives those of y. With capacity 0 and y NULL only the shape is written. */
fs_status fs_convolve(size_t axes, const float *x, const size_t *x_shape, const float *weights,
                      const size_t *weights_shape, const float *bias, size_t stride, size_t padding, float *y,
                      size_t capacity, size_t *y_shape);

/* ---- Style transfer (Gatys, Ecker and Bethge 2016) with VGG-19. ---- */

typedef enum fs_action { FS_CONTINUE = 0, FS_FINISH = 1, FS_CANCEL = 2 } fs_action;

/* Why nothing more is done. */
typedef enum fs_style_ending {
  FS_ENDING_NONE = 0,       /* there is more to do */
  FS_ENDING_STEPS = 1,      /* all steps are done */
  FS_ENDING_CONVERGED = 2,  /* the gradient is 0 */
  FS_ENDING_STALLED = 3,    /* L-BFGS: no picture along the last direction was better */
  FS_ENDING_NOT_FINITE = 4, /* the costs left the range of float; the picture is the last whose costs did not */
  FS_ENDING_DEADLINE = 5
} fs_style_ending;

typedef struct fs_style_job fs_style_job;

typedef struct fs_style_progress {
  size_t size;
  uint32_t step, steps;          /* evaluations of the costs and their gradient so far, of how many */
  double content, style, total;  /* costs of the picture evaluated: total = alpha content + beta style + gamma variation
                                  * + delta temporal */
  double seconds;                /* of work, since the start */
  const fs_style_job *job;       /* for fs_style_preview; valid during the callback */
  double variation;
  uint32_t width, height;        /* of the scale that is painted */
  fs_style_ending ending;
  double temporal;               /* mean of squared differences from the frame before */
} fs_style_progress;

/* Called for each evaluation, after the step of the optimiser that made it, on the thread that called fs_styler_run,
 * with nothing locked. FS_FINISH keeps the picture so far and returns FS_OK; FS_CANCEL drops it and returns FS_CANCELLED. It
 * must not use the styler, other functions are fine. */
typedef fs_action
    (*fs_style_callback)(const fs_style_progress *progress, void *user);

typedef struct fs_style_layer {
  const char *name; /* "conv1_1" ... "conv5_4", behind its rectifier; "conv4_2.linear": before it */
  float weight;     /* lambda, the layer's part of the cost */
} fs_style_layer;

/* Settings by the name of the program that made them known, with its losses on the same pictures and weights. (Where a picture
 * has sides that 16 does not divide, theirs may round another way when pooling.) */
typedef enum fs_style_preset {
  FS_PRESET_PYRAMID = 0,         /* "pyramid", ours: from coarse to fine by L-BFGS */
  FS_PRESET_COURSE = 1,          /* "course": the course notebook, 200 steps of Adam from noise over the content */
  FS_PRESET_GATYS = 2,           /* "gatys": Gatys' PytorchNeuralStyleTransfer */
  FS_PRESET_NEURAL_STYLE = 3,    /* "neural-style": Johnson's; its printed total leaves the variation out */
  FS_PRESET_NEURAL_STYLE_PT = 4, /* "neural-style-pt": ProGamerGov's */
  FS_PRESET_NEURAL_STYLE_TF = 5, /* "neural-style-tf": Smith's */
  FS_PRESET_CROWSONKB = 6        /* "crowsonkb": Crowson's style-transfer-pytorch; its weights are for features 57.63 times
                                  * smaller than those of this library's VGG-19 */
} fs_style_preset;

typedef enum fs_style_optimiser { FS_STYLE_ADAM = 0, FS_STYLE_LBFGS = 1 } fs_style_optimiser;

typedef enum fs_style_start {
  FS_START_CONTENT = 0,
  FS_START_NOISE = 1,
  FS_START_STYLE = 2, /* cut to the picture's shape */
  FS_START_IMAGE = 3  /* start_image, scaled to the picture's size */
} fs_style_start;

/* What a layer of the picture has in common with the style's. */
typedef enum fs_style_loss {
  FS_STYLE_LOSS_GRAM = 0,       /* the Gram matrix (Gatys et al. 2016), scaled by fs_cost_variant */
  FS_STYLE_LOSS_MOMENTS = 1,    /* mean and covariance of the channels: mean squared difference of each */
  FS_STYLE_LOSS_WASSERSTEIN = 2 /* the squared 2-Wasserstein distance of Gaussians of that mean and covariance, over the
                                 * channels, with style-transfer-pytorch's roots by twelve steps */
} fs_style_loss;

/* What the first layer sees beyond the picture's edges. */
typedef enum fs_style_edges { FS_EDGES_ZEROS = 0, FS_EDGES_REPEATED = 1 } fs_style_edges;

/* How a mask of pixels becomes one of a layer's units (Gatys et al., "Controlling perceptual factors in neural style
 * transfer", 2017). */
typedef enum fs_mask_kind {
  FS_MASK_INSIDE = 0, /* units that see nothing but pixels of the mask (at least half white) */
  FS_MASK_SOFT = 1    /* each unit counts by the part of its own pixels that is in the mask */
} fs_mask_kind;

/* Where a style goes and what part of it is taken: masks, white where it is so; NULL: everywhere, all. */
typedef struct fs_style_region {
  const fs_image *place; /* of the content's size */
  const fs_image *part;  /* of the style's size */
} fs_style_region;


/* How restless a picture is. */
typedef enum fs_total_variation {
  FS_VARIATION_ABSOLUTE = 0, /* sum |x - right| + |x - below| */
  FS_VARIATION_SQUARED = 1,  /* 1/2 sum (x - right)^2 + (x - below)^2, of pixels that have both (Mahendran and Vedaldi 2015) */
  FS_VARIATION_NINE_POINTS = 2 /* 2 (mean of squared differences to the right / 3 + below / 3 + along the diagonals / 12) of
                                * levels in 0...1, edges repeated: style-transfer-pytorch's */
} fs_total_variation;

/* Whose colours the picture has (Gatys et al., "Preserving color in neural artistic style transfer", 2016). */
typedef enum fs_style_colours {
  FS_COLOURS_STYLE = 0,
  FS_COLOURS_LUMINANCE = 1, /* the content's: luma alone is painted */
  FS_COLOURS_CHOLESKY = 2,  /* the content's: the style's are moved to their mean and covariance before, by Cholesky factors */
  FS_COLOURS_PRINCIPAL = 3, /* the same by symmetric roots (principal axes) */
  FS_COLOURS_HISTOGRAM = 4  /* the content's: the style's are moved to their histograms before, channel by channel */
} fs_style_colours;

typedef struct fs_style_options {
  size_t size;
  uint32_t width, height; /* of the picture; default 0, 0: the content's. One 0: from the other, same aspect */
  uint32_t steps;         /* evaluations of the costs and their gradient, of all scales together; of Adam a step each */
  float content_weight;   /* alpha */
  float style_weight;     /* beta */
  float learning_rate;    /* Adam's, in levels of 0...255 */
  float noise_ratio;      /* the start is ratio * noise(-20...20) + (1 - ratio) * what `start` says */
  uint64_t seed;          /* of that noise (xoshiro256++) */
  fs_pooling pooling;
  fs_cost_variant cost;
  const char *content_layer;          /* the only one; default NULL: the preset's */
  const fs_style_layer *style_layers; /* default NULL: the preset's */
  size_t style_layer_count;           /* 1 to 16 when style_layers is given */
  fs_style_callback on_step;          /* default NULL */
  void *user;                         /* handed to on_step untouched */
  fs_style_preset preset;             /* whose layers are meant where none are given */
  fs_style_optimiser optimiser;
  uint32_t history;        /* pairs that L-BFGS keeps, 1 to 1000, each twice as large as the picture in floats */
  uint32_t coarsest;       /* longest side of the first scale, at least 16, each next one twice as large; 0: one scale alone */
  float averaging;         /* decay of a running mean of the pictures, which is then the result; 0: the last one is */
  int32_t clamp;           /* not 0: Adam holds levels within 0...255 */
  double deadline;         /* seconds of work after which the picture is ready, as good as it became; 0: none. The
                            * scales share them. A step under way is finished */
  fs_style_start start;
  float style_scale;       /* the style's longest side in parts of the picture's, 0.05 to 20, its shape kept, and its Gram
                            * matrices compared by pixel; 0: it is cut about its centre to the picture's shape and size */
  fs_style_colours colours;
  fs_total_variation variation;
  float variation_weight;  /* gamma */
  const fs_style_layer *content_layers; /* in place of content_layer; default NULL */
  size_t content_layer_count;           /* 1 to 16 when content_layers is given */
  fs_style_loss style_loss;
  fs_style_edges edges;
  const fs_style_region *regions; /* one for each style; styles of one and the same place are mixed, those of different places
                                   * stand side by side, each with its part of the weights. Default NULL */
  size_t region_count;            /* as many as there are styles when regions is given */
  fs_mask_kind mask_kind;         /* default FS_MASK_SOFT */
  const fs_image *start_image;    /* of FS_START_IMAGE; if it is `before` too, the content where before_mask is black */
  const fs_image *content_map;    /* where the content counts more, of its size: 1 + content_map_weight times where the map is
                                   * white, fs_face_map draws one. Default NULL */
  float content_map_weight;       /* default 2 */
  float temporal_weight;          /* delta, of mean c (x - before)^2 over pixels and colours in levels; default 0 */
  const fs_image *before;         /* the frame before as it should look now, of the content's size: see fs_flow_warp */
  const fs_image *before_mask;    /* c: white where `before` counts, of the content's size; default NULL: everywhere */
  uint32_t tile;                  /* not 0, 64 to FS_IMAGE_MAX_SIDE: the picture is taken through the network in tiles of so
                                   * many pixels a side, with the same costs and gradients, in less memory and more time */
  uint32_t depth;                 /* bits a sample of the painted picture, 8 or 16; default 0: as many as the content has. Its alpha
                                   * is the content's, which is painted as it looks over white */
} fs_style_options;

/* A style as it is painted from: with its colours moved to those of `content` as `colours` says. */
fs_status fs_style_match_colours(fs_image **out, const fs_image *style, const fs_image *content, fs_style_colours colours);

/* A content map for a picture of width x height with these faces: white at eyes and mouth, fading to black around them. Faces
 * without points (NaN), as a CascadeCNN finds them, are refused: FS_INVALID_ARGUMENT. */
fs_status fs_face_map(fs_image **out, uint32_t width, uint32_t height, const fs_face *faces, size_t count);

/* The painted frame before as it should look now, and where that is known (white): masks and pictures for `before`,
 * `before_mask` and `start_image`. `flow` is [height, width, 2] of the frame's size, dx, dy in pixels: what is at x, y now was at
 * x + dx, y + dy then. It is not known where that is outside, where the flow has an edge, and, if `back` (the same from then to
 * now) is not NULL, where the two do not agree. `count` is the length of each: 2 * width * height.
 * Source: Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", 2016, equations 5 and 6. */
fs_status fs_flow_warp(fs_image **out, fs_image **mask, const fs_image *before, const float *flow, const float *back,
                       size_t count);

/* The settings of FS_PRESET_PYRAMID. */
fs_status fs_style_options_init(fs_style_options *options, size_t size);
fs_status fs_style_options_preset(fs_style_options *options, size_t size, fs_style_preset preset);
const char *fs_style_preset_name(fs_style_preset preset); /* static; NULL for none: the presets count from 0 */
/* What the preset is, in a few words for a list: "from coarse to fine by L-BFGS". Static; NULL for none. */
const char *fs_style_preset_summary(fs_style_preset preset);

typedef struct fs_styler fs_styler;

fs_status fs_styler_create(fs_styler **out, const fs_model *vgg);
/* Repaints `content` in the manner of `style`. NULL options: defaults. FS_INVALID_ARGUMENT, with the number, where costs are not
 * finite from the start: weights are too large. */
fs_status fs_styler_run(fs_styler *styler, fs_image **out, const fs_image *content, const fs_image *style,
                        const fs_style_options *options);
/* What fs_styler_run will make this process hold at its peak, in bytes, beyond what it holds before, for a content
 * of width x height and these options; true within a tenth and 4 MB, or 24 MB with scales, which may want some weights in a
 * second layout. Regions are counted, one for each style of the painting (FS_INVALID_ARGUMENT for more than 64). It depends on the threads set, and counts
 * weights that the first run lays out and the styler keeps: later runs need less. Not counted: your previews, and
 * for a moment at the start a copy of the part of `style` that is used. */
fs_status fs_styler_memory_needed(const fs_styler *styler, uint32_t width, uint32_t height,
                                  const fs_style_options *options, uint64_t *bytes);
/* The picture so far, inside a callback, in the size of its scale. */
fs_status fs_style_preview(const fs_style_progress *progress, fs_image **out);
/* Costs of a given picture, with the sizes of the three images as they are and their colours (steps, seed, scales and
 * start are ignored). `gradient` may be NULL, or receives d total / d pixel, [height, width, 3] in R,G,B order.
 * FS_INVALID_ARGUMENT where a cost is no finite number, with which one. */
fs_status fs_styler_evaluate(fs_styler *styler, const fs_image *generated, const fs_image *content,
                             const fs_image *style, const fs_style_options *options, double *content_cost,
                             double *style_cost, double *total_cost, float *gradient, size_t capacity);
void fs_styler_destroy(fs_styler *styler);

/* ---- Style jobs: a painting in your own time. ---- */

/* The same work, step by step: stop calling to pause, destroy to cancel, take the result whenever it is good enough. A job
 * is used by one thread at a time; several may share a styler's weights, the styler may go before them.
 * `styles`: 1 to 64 pictures whose Gram matrices are mixed by their weights, which need not add up to 1; NULL weights: the same
 * for all. FS_START_STYLE begins with the first. */
fs_status fs_style_job_create(fs_style_job **out, const fs_styler *styler, const fs_image *content,
                              const fs_image *const *styles, const float *weights, size_t count,
                              const fs_style_options *options);
/* Goes on for at least so many evaluations (a line search of L-BFGS is brought to its end), or until the job has ended, as
 * progress->ending says. Set progress->size. The costs are those of the last evaluation. on_step is called as by fs_styler_run: FS_FINISH ends this
 * call alone, FS_CANCEL too, with FS_CANCELLED. After FS_NO_MEMORY the job is as it was: the next call does what this one could not,
 * with the same bits. */
fs_status fs_style_job_step(fs_style_job *job, uint32_t evaluations, fs_style_progress *progress);
/* The picture so far: in the size of the scale that is painted, and in its own. */
fs_status fs_style_job_preview(const fs_style_job *job, fs_image **out);
fs_status fs_style_job_result(const fs_style_job *job, fs_image **out);
/* A checkpoint, from which a job of the same pictures, weights and options goes on with the very bits that would have come, in
 * another process too. The file appears whole or not at all. */
fs_status fs_style_job_save(const fs_style_job *job, const char *path);
/* FS_WRONG_MODEL for other pictures, in 16 bits and alpha too, other weights of the network or another option, with the one that
 * differs: "steps is 80, the checkpoint has 60"; FS_BAD_DATA for what is no checkpoint; FS_NO_MEMORY. Nothing is changed then. */
fs_status fs_style_job_load(fs_style_job *job, const char *path);
void fs_style_job_destroy(fs_style_job *job);

/* ---- Fast styles: one pass of a network, no optimiser. ---- */

/* A network that has learned one style (Johnson, Alahi and Fei-Fei 2016): "fast-style", as TensorFlow's
 * fast-style-transfer trains it, or "fast-style-resize", as PyTorch's fast_neural_style does. It never changes: threads may
 * share it. */
typedef struct fs_fast_styler fs_fast_styler;
/* FS_WRONG_MODEL for a model of another architecture. */
fs_status fs_fast_styler_create(fs_fast_styler **out, const fs_model *model);
/* `content` in the network's style, of its size, which may be any; sides that 4 does not divide are mirrored until it
 * does. FS_BAD_DATA where the network's numbers are not finite. */
fs_status fs_fast_styler_run(const fs_fast_styler *styler, fs_image **out, const fs_image *content);
/* What fs_fast_styler_run will make this process hold at its peak, in bytes, beyond what it holds before, for a content of
 * width x height; true within a tenth and 4 MB. */
fs_status fs_fast_styler_memory_needed(const fs_fast_styler *styler, uint32_t width, uint32_t height, uint64_t *bytes);
void fs_fast_styler_destroy(fs_fast_styler *styler);

/* Any style without training (Li and others, "Universal style transfer via feature transforms", 2017): from the coarsest
 * of the model's levels (up to five, VGG-19's blocks) to the finest, the picture's features are given the statistics of
 * the style's and decoded. The model's architecture is "universal-style". */
typedef enum fs_universal_method {
  FS_UNIVERSAL_COVARIANCE = 0, /* mean and covariance: whitening and colouring */
  FS_UNIVERSAL_VARIANCE = 1    /* mean and variance of each channel: adaptive instance normalisation (AdaIN) */
} fs_universal_method;

#define FS_UNIVERSAL_MAX_STYLES 16

typedef struct fs_universal_options {
  size_t size;
  fs_universal_method method; /* default FS_UNIVERSAL_COVARIANCE */
  float strength;             /* 0, the content as decoders give it, to 1, the style's statistics; default 0.6 */
  uint32_t levels;            /* bit 0 for level 1, the finest, to bit 4 for 5; default 0: all that the model has */
  const float *weights;       /* of each style, 0 to 1e6, divided by their sum; default NULL: equal */
  size_t weight_count;        /* as many as styles when weights are given */
} fs_universal_options;

fs_status fs_universal_options_init(fs_universal_options *options, size_t size);

/* The model's networks with the styles' statistics. It never changes: threads may share it. */
typedef struct fs_universal_styler fs_universal_styler;
/* `styles`: 1 to FS_UNIVERSAL_MAX_STYLES pictures of any size from twice what the coarsest level halves them to, 32x32
 * where there are five. Their scale is their strokes': a larger style gives larger strokes. FS_WRONG_MODEL for a model of
 * another architecture, FS_BAD_DATA for one that lacks a part or has numbers that are not finite, FS_INTERNAL where a
 * decomposition does not converge. */
fs_status fs_universal_styler_create(fs_universal_styler **out, const fs_model *model, const fs_image *const *styles,
                                     size_t count);
/* `content` in the manner of the styles, of its size: 32x32 or more where the level 5 takes part, half of that for each
 * level less. NULL options: defaults. Errors as above. */
fs_status fs_universal_styler_run(const fs_universal_styler *styler, fs_image **out, const fs_image *content,
                                  const fs_universal_options *options);
/* As fs_fast_styler_memory_needed, for all levels. */
fs_status fs_universal_styler_memory_needed(const fs_universal_styler *styler, uint32_t width, uint32_t height,
                                            uint64_t *bytes);
void fs_universal_styler_destroy(fs_universal_styler *styler);

/* Teaches a network of the architecture "fast-style-resize" one style, by VGG-19 (Johnson, Alahi and Fei-Fei 2016): its
 * pictures shall have the photos' features (at conv3_3) and the style's Gram matrices (at conv1_2, conv2_2, conv3_3 and
 * conv4_3). Used by one thread at a time: others wait. */
typedef struct fs_fast_trainer_options {
  size_t size;
  uint32_t filters;      /* of the network's first layer, 1 to 256; default 32 */
  uint32_t blocks;       /* residual ones, 1 to 64; default 5 */
  uint32_t side;         /* of the pictures that it is taught with, a multiple of 16 from 32 to 2048; default 256 */
  uint32_t scales;       /* 2: the style is matched at half the size too (Wang and others 2017); default 1 */
  float content_weight;  /* default 1 */
  float style_weight;    /* of each layer and scale; default 0.0001 */
  float smoothness;      /* of the mean squared step between neighbours; default 0.001 */
  float rate;            /* Adam's; default 0.001 */
  uint64_t seed;         /* of the first weights; default 1 */
} fs_fast_trainer_options;

/* What a step measured before it moved the weights: means over its photos, weighted. */
typedef struct fs_fast_training_step {
  size_t size;
  uint32_t step;         /* steps done */
  double content, style, smoothness, total;
} fs_fast_training_step;

fs_status fs_fast_trainer_options_init(fs_fast_trainer_options *options, size_t size);

typedef struct fs_fast_trainer fs_fast_trainer;
/* `style` is cut about its centre and scaled to side x side. NULL options: defaults. */
fs_status fs_fast_trainer_create(fs_fast_trainer **out, const fs_model *vgg, const fs_image *style,
                                 const fs_fast_trainer_options *options);
/* One step on 1 to 1024 photos, each cut and scaled like the style. `step` may be NULL; set its size. FS_BAD_DATA where the
 * cost is no finite number: nothing is changed then. */
fs_status fs_fast_trainer_step(fs_fast_trainer *trainer, const fs_image *const *contents, size_t count,
                               fs_fast_training_step *step);
/* Writes the network as it is: a model for fs_fast_styler_create. `note` may be NULL. */
fs_status fs_fast_trainer_save_model(fs_fast_trainer *trainer, const char *path, const char *note);
void fs_fast_trainer_destroy(fs_fast_trainer *trainer);

/* ---- Seeing what layers learn: what its units answer to most, and where in a picture a unit answers. ---- */

/* The layers of a model that can be asked for, in their order; 0 for a model of several networks, and for NULL. */
size_t fs_model_layer_count(const fs_model *model);
const char *fs_model_layer_name(const fs_model *model, size_t index); /* "conv1_1"; borrowed; NULL from the count on */

/* What a layer is made of. Along either axis the unit of row or column u sees the `field` pixels of the network's input
 * that begin with start + stride * u; those outside the picture are what the network pads it with. Where fields are not
 * so (units that see the whole picture, branches that move differently) field, stride and start are 0. */
typedef struct fs_layer {
  uint32_t units; /* its channels */
  uint32_t field, stride;
  int32_t start;
} fs_layer;

/* FS_NOT_FOUND for a name that the model lacks: the reason tells the nearest. FS_WRONG_MODEL for a model of several
 * networks. */
fs_status fs_model_layer_describe(const fs_model *model, const char *name, fs_layer *layer);

#define FS_UNIT_MAX_PATCHES 64

typedef struct fs_unit_search_options {
  size_t size;
  uint32_t patches;      /* kept of each unit, 1 to FS_UNIT_MAX_PATCHES; default 9 */
  uint32_t per_picture;  /* from one picture, 1 to FS_UNIT_MAX_PATCHES; default 1. Fields that share more than half their
                          * area are one place, which counts once. */
  uint32_t longest_side; /* pictures with a longer side are reduced to it, 1 to FS_IMAGE_MAX_SIDE; 0: none is; default 512.
                          * A network that takes one size gets its size. */
  int32_t inside;        /* not 0: only places whose field lies in the picture with all its pixels; default 0 */
  fs_pooling pooling;    /* of VGG-19 alone; default FS_POOLING_MAX, with which it was trained */
  const uint32_t *units; /* those to look for; default NULL: all of the layer's */
  size_t unit_count;
} fs_unit_search_options;

/* A place that a unit answers to. A picture is known by its number: 0 for the first that was added. */
typedef struct fs_unit_patch {
  float activation;       /* more than 0 */
  uint32_t picture;
  uint32_t row, column;   /* of the unit in the layer's answer to the picture */
  /* Its field in the picture's own pixels, also where it reaches beyond the edges: all pixels that the field touches, so
   * that sizes differ by one where the picture was reduced. */
  int32_t x, y;
  uint32_t width, height;
  fs_region region;       /* what of the field lies in the picture; never empty */
} fs_unit_patch;

/* The strongest answers of a layer's units over a set of pictures (Zeiler and Fergus 2014, figure 2). The pictures come
 * one at a time and are not kept, so a set may be of any size. Used by one thread at a time: others wait. */
typedef struct fs_unit_search fs_unit_search;

fs_status fs_unit_search_options_init(fs_unit_search_options *options, size_t size);
/* NULL options: defaults. Errors as of fs_model_layer_describe, and FS_INVALID_ARGUMENT for a unit that the layer lacks. */
fs_status fs_unit_search_create(fs_unit_search **out, const fs_model *model, const char *layer,
                                const fs_unit_search_options *options);
/* Looks at one more picture, of any size that the network takes; one smaller than a field is padded as the network does. A
 * picture that fails leaves the search as it was and has no number. */
fs_status fs_unit_search_add(fs_unit_search *search, const fs_image *picture);
/* The strongest first; of equal answers the earlier picture's, and in a picture the upper, then the left one. Answers of 0
 * and below do not count, so a unit may have fewer than were asked for, and has none before a picture was added. Writes
 * min(*count, capacity). FS_INVALID_ARGUMENT for a unit that was not to be looked for. */
fs_status fs_unit_search_patches(const fs_unit_search *search, uint32_t unit, fs_unit_patch *patches, size_t capacity,
                                 size_t *count);
void fs_unit_search_destroy(fs_unit_search *search);
/* A patch's whole field, cut of its picture (the same that was added); mid-grey where it reaches beyond the edges. */
fs_status fs_unit_patch_cut(fs_image **out, const fs_image *picture, const fs_unit_patch *patch);

typedef enum fs_palette {
  FS_PALETTE_GREY = 0,   /* black to white */
  FS_PALETTE_VIRIDIS = 1 /* dark blue over green to yellow, evenly to the eye; matplotlib's to 6 levels */
} fs_palette;

/* Numbers as a picture: values[stride * (width * y + x)] of the `count` values, of which `lowest` and all below get the
 * palette's first colour, and a NaN too; `highest` and all above the last. Both are finite; where they are equal all get
 * the first. Unit u's activation map, of what fs_model_features gives: values + u, count - u, stride = channels, from 0 to
 * the largest value of the layer (units compare) or of the unit. */
fs_status fs_image_from_map(fs_image **out, const float *values, size_t count, uint32_t width, uint32_t height,
                            size_t stride, float lowest, float highest, fs_palette palette);

/* ---- Photos to learn from. ---- */

/* A list of photos, with what is known of them: who it is, and five points. Nothing is read until a training does. Threads
 * may share one; a training works on the photos that were there when it began. */
typedef struct fs_photos fs_photos;

fs_status fs_photos_create(fs_photos **out); /* empty */
/* Adds a folder of people: each folder inside is a person, the JPEG and PNG files in it are photos of that person; in the
 * order of their names. People of one name in two folders are two people. `landmarks` is a JSON file,
 * {"Ann/1.jpg": [[x, y], ... 5], ...} or as fs_landmarks_open has it, `points` five x, y that hold for all photos of the folder,
 * as for aligned pictures; both may be NULL, one must. Names that begin with a point are passed over, all else that
 * is no photo is left out (fs_photos_left_out); no link is followed. FS_IO for a folder that cannot be read: nothing is added
 * then. */
fs_status fs_photos_add_people(fs_photos *photos, const char *folder, const char *landmarks, const float *points);
/* Adds a flat folder, photos of nobody in particular: for a loss that has a teacher. */
fs_status fs_photos_add_folder(fs_photos *photos, const char *folder, const char *landmarks, const float *points);
/* Keeps people number first to first + count - 1 and their photos alone, for parting who is learned from who is not. */
fs_status fs_photos_keep_people(fs_photos *photos, size_t first, size_t count);
fs_status fs_photos_count(const fs_photos *photos, size_t *count, size_t *people); /* either may be NULL */
/* What was left out, by fs_photos_add_... and by the last training that read the photos. */
fs_status fs_photos_left_out_count(const fs_photos *photos, size_t *count);
/* Which, and why: `path` and `reason` may be NULL, and end in a 0; what is longer than their capacity, in bytes, is cut
 * between characters. */
fs_status fs_photos_left_out(const fs_photos *photos, size_t index, char *path, size_t path_capacity, char *reason,
                             size_t reason_capacity);
void fs_photos_destroy(fs_photos *photos);

/* ---- Trainer: a network that learns. ---- */

/* A network, a loss, an optimiser and a schedule. One thread at a time uses a trainer: a second one, and a function of yours
 * that the trainer calls, get FS_INVALID_ARGUMENT. What it learns is the same bits for any number of threads (fs_threads_set). */
typedef struct fs_trainer fs_trainer;

/* Formulas as PyTorch has them. FS_ADAM adds the weight decay to the gradient, FS_ADAMW takes it from the weights. */
typedef enum fs_optimiser { FS_SGD = 0, FS_ADAM = 1, FS_ADAMW = 2, FS_RMSPROP = 3 } fs_optimiser;

/* How the rate goes over the steps, which begin with a warm-up, up from a hundredth, if one is asked for. */
typedef enum fs_schedule {
  FS_SCHEDULE_CONSTANT = 0,
  FS_SCHEDULE_STEP = 1,      /* a tenth after each third */
  FS_SCHEDULE_COSINE = 2,    /* down to 0 by half a wave (Loshchilov and Hutter 2017) */
  FS_SCHEDULE_ONE_CYCLE = 3, /* up from a 25th, down to nearly nothing; beta 1 or momentum 0.95, 0.85 at the highest rate
                              * (Smith and Topin 2018) */
  FS_SCHEDULE_CYCLICAL = 4   /* four triangles from a tenth of the rate; beta 1 or momentum 0.9 to 0.8 against it, beta 2 is
                              * 0.99 (Smith 2017) */
} fs_schedule;

typedef struct fs_trainer_options {
  size_t size;
  const char *architecture;    /* a name of fs_architecture_name; default NULL: "nn4.small2" */
  const fs_loss_options *loss; /* default NULL: FS_LOSS_SEMI_HARD with its defaults */
  uint32_t classes;            /* people, at least 1, for a classifier; default 0, which of FS_LOSS_CROSS_ENTROPY is the network's
                                * own number */
  fs_optimiser optimiser;      /* default FS_ADAM */
  fs_schedule schedule;        /* default FS_SCHEDULE_ONE_CYCLE */
  uint32_t steps;              /* of the schedule and of fs_trainer_run; default 1000, at least 2 */
  uint32_t warm_up;            /* the first of them; default 0, less than steps */
  float rate;                  /* the highest, more than 0; default 0.001 */
  float momentum;              /* of SGD and RMSProp, or Adam's beta 1, where the schedule has none; default 0.9, 0 to below 1 */
  float weight_decay;          /* 0 or more; default 0 */
  float longest_gradient;      /* all gradients together are shortened to this length; default 0: never */
  uint64_t seed;               /* of first weights and dropout; default 1 */
} fs_trainer_options;

typedef struct fs_trainer_info {
  size_t size;
  uint32_t height, width;    /* of the pictures that the network takes, R,G,B */
  uint32_t dimension;        /* of its embeddings */
  uint64_t parameters;       /* numbers that are learned, the loss's head included */
  uint32_t step, steps;      /* done, of how many */
} fs_trainer_info;

/* What a step did. */
typedef struct fs_training_step {
  size_t size;
  double loss;          /* before the step; of all processes that train together, the mean */
  double rate;
  double gradient_norm; /* length of all gradients, before it was shortened */
  fs_mining_statistics mining; /* of this process */
} fs_training_step;

fs_status fs_trainer_options_init(fs_trainer_options *options, size_t size);
/* `start` gives the network's first weights, NULL for random ones. NULL options: defaults. FS_INVALID_ARGUMENT for a number
 * out of its range, for an architecture that is not known, and for one that cannot be trained (VGG-19, which takes any size,
 * MTCNN, dlib's); FS_BAD_DATA for a start of another architecture. */
fs_status fs_trainer_create(fs_trainer **out, const fs_trainer_options *options, const fs_model *start);
void fs_trainer_destroy(fs_trainer *trainer);
/* Set info->size. */
fs_status fs_trainer_info_get(const fs_trainer *trainer, fs_trainer_info *info);

/* One step on pictures of the host's: `pictures` [count, height, width, 3], R,G,B bytes, packed, faces aligned as
 * fs_embedder_align does; count is 1 to 65536. `labels` [count], of a loss of pairs [count / 2], and `teacher`
 * [count, dimension] as the loss wants them (fs_loss_evaluate), otherwise NULL. Batch normalisation wants two pictures or
 * more. Nothing is changed when it fails: FS_INVALID_ARGUMENT for a batch that does not suit the loss, FS_BAD_DATA when loss
 * or gradient is no finite number, as with a rate that is too high. `step` may be NULL; set its size. */
fs_status fs_trainer_step(fs_trainer *trainer, const uint8_t *pictures, size_t count, const int32_t *labels,
                          const float *teacher, fs_training_step *step);
/* What the network answers so far to such pictures, as it will when it is saved: `embeddings` [count, dimension]. */
fs_status fs_trainer_embed(fs_trainer *trainer, const uint8_t *pictures, size_t count, float *embeddings, size_t capacity);

typedef struct fs_training_progress {
  size_t size;
  uint32_t step, steps; /* done, of how many; step is 0 while photos are read, and so is all below but `photos` */
  uint32_t epoch;       /* from 0 */
  uint32_t photos;      /* read so far; then, how many there are to learn from */
  double loss, rate, gradient_norm; /* as in fs_training_step */
  double photos_per_second; /* since this run began to learn */
  fs_mining_statistics mining;
} fs_training_progress;

/* Called while photos are read and after each step, on the thread that called fs_trainer_run, with nothing locked. FS_FINISH
 * ends the run with FS_OK, its checkpoint written if a step was done, FS_CANCEL ends it with FS_CANCELLED; what was learned stays. It must not use the
 * trainer, other functions are fine. */
typedef fs_action (*fs_training_callback)(const fs_training_progress *progress, void *user);

typedef struct fs_training_options {
  size_t size;
  uint32_t batch;             /* photos a step, 2 to 65536; default 64 */
  uint32_t photos_of_person;  /* in a batch of a loss that mines, 2 or more, batch / photos_of_person people; default 8 */
  const fs_augmentation *augmentation; /* default NULL: FS_AUGMENT_STANDARD */
  const fs_model *teacher;    /* for a loss that has one, of the same dimension; default NULL */
  /* Files with lists for a loss of pairs or triplets, a line each, photos by their names below the folder, parted by blanks or
   * tabs: "Ann/1.jpg Ann/2.jpg 1", 0 for two people; "anchor positive negative". Default NULL: pairs at random, half of them
   * of one person; FS_LOSS_TRIPLET wants a list. */
  const char *pairs, *triplets;
  /* Where to keep one, written over; default NULL: nowhere. One that cannot be written on the way is logged (FS_LOG_ERROR) and tried
   * again with the next; the last one is the run's FS_IO, all steps done. */
  const char *checkpoint;
  uint32_t checkpoint_every;  /* steps; default 0: at the end */
  uint64_t memory_limit;      /* bytes that photos may take, beyond, and beyond what there is, they are read again;
                              * default 4 GB */
  uint64_t seed;              /* of the photos' order and what is done to them; default 1 */
  fs_training_callback on_step; /* default NULL */
  void *user;                 /* handed to on_step untouched */
} fs_training_options;

fs_status fs_training_options_init(fs_training_options *options, size_t size);
/* Trains until the trainer's steps are done. Faces are brought to their places by their points; if no photo has any, whole
 * photos are learned from, if only some have, the others are left out, as are photos that cannot be read
 * (fs_photos_left_out). NULL options: defaults.
 *
 * A second run goes on where the first one stopped, and a resumed one where its checkpoint was written, with the very bits
 * that it would have had: FS_INVALID_ARGUMENT, with what differs, for another batch, photos_of_person, augmentation, teacher,
 * list, seed or other photos, by name or by their files' bytes, than those that the trainer began with. FS_CANCELLED when your
 * function cancels. */
fs_status fs_trainer_run(fs_trainer *trainer, fs_photos *photos, const fs_training_options *options);

/* For training in several processes: makes each of `count` numbers its mean over all of them, and returns FS_OK, or a status
 * that fails the step. Called once a step, on the thread of the step, with all gradients, then all else that a step moves
 * (running statistics of batch normalisation, centres), then the loss: so networks that began alike stay alike, to the bit if
 * every process gets the same means. It must not use the trainer.
 *
 * Two processes that step on n pictures each learn as one on 2n, if the loss is a mean over rows or pairs; but batch
 * normalisation uses the statistics of a process's own pictures, and mining finds triplets among them. Give each process other
 * pictures: another seed in fs_training_options, or other photos. A process that fails before it calls leaves the others
 * waiting: end them then (MPI_Abort). */
typedef fs_status (*fs_all_reduce)(float *numbers, size_t count, void *user);
/* NULL: train alone. */
fs_status fs_trainer_all_reduce_set(fs_trainer *trainer, fs_all_reduce all_reduce, void *user);

/* A checkpoint has all that is needed to go on: weights, what the optimiser remembers, and where the photos stand. The file
 * is whole, or the old one, at any moment, whenever the process ends. */
fs_status fs_trainer_save(fs_trainer *trainer, const char *path);
/* Goes on from a checkpoint. FS_WRONG_MODEL, with the setting that differs ("steps is 80, the checkpoint has 60"), for one of another
 * architecture, loss, classes, optimiser, schedule, longest_gradient or seed; FS_BAD_DATA for what is no checkpoint; nothing is changed
 * then. To begin another training with these weights, save a model and `start` with it. */
fs_status fs_trainer_resume(fs_trainer *trainer, const char *path);

typedef enum fs_precision { FS_FLOAT32 = 0, FS_FLOAT16 = 1 } fs_precision;

/* Writes the network as a model: fs_model_open takes it, and, if it embeds, fs_embedder_create. Its embedder sees photos as
 * the last fs_trainer_run did, faces by their points or whole photos; without a run it sees faces, and whole photos if the
 * network's pictures are no squares. `threshold`, 0 or more, is the distance up to which two faces are one person's
 * (fs_evaluate_pairs finds it), of another network what its user makes of it; `note`, which may be NULL, is kept as metadata
 * "note". The file appears whole or not at all. */
fs_status fs_trainer_save_model(fs_trainer *trainer, const char *path, fs_precision precision, float threshold,
                                const char *note);

/* ---- Evaluation: how well distances tell one person from two. ---- */

/* Labelled pairs of photos in folds, read from a file such as LFW's pairs.txt: "folds size" on the first line (or
 * "size" for one fold), then in each fold `size` lines "NAME i j" and `size` lines "NAME i OTHER j". */
typedef struct fs_pairs fs_pairs;

typedef struct fs_pair {
  uint64_t first, second; /* numbers of the two photos, for fs_pairs_photo */
  uint8_t same;           /* 1 for one person, 0 for two */
  uint32_t fold;          /* from 0 */
} fs_pair;

/* FS_BAD_DATA names the line. */
fs_status fs_pairs_open(fs_pairs **out, const char *path);
fs_status fs_pairs_load(fs_pairs **out, const void *bytes, size_t byte_count);
size_t fs_pairs_count(const fs_pairs *pairs);  /* 0 for NULL */
size_t fs_pairs_folds(const fs_pairs *pairs);  /* 0 for NULL */
size_t fs_pairs_photos(const fs_pairs *pairs); /* different ones; 0 for NULL */
fs_status fs_pairs_get(const fs_pairs *pairs, size_t index, fs_pair *pair);
/* "NAME/NAME_0001.jpg", below the folder of images: it never leads out of it. NULL past the end; borrowed. */
const char *fs_pairs_photo(const fs_pairs *pairs, size_t photo);
void fs_pairs_destroy(fs_pairs *pairs);

/* Five points of one face in each of many photos, from JSON: {"photo": {"landmarks": [[x, y], ... 5]}, ...}. A member
 * "box", [x, y, width, height], is taken too. */
typedef struct fs_landmarks fs_landmarks;

fs_status fs_landmarks_open(fs_landmarks **out, const char *path);
fs_status fs_landmarks_load(fs_landmarks **out, const void *bytes, size_t byte_count);
size_t fs_landmarks_count(const fs_landmarks *landmarks); /* photos; 0 for NULL */
/* FS_NOT_FOUND for a photo that is not there. */
fs_status fs_landmarks_find(const fs_landmarks *landmarks, const char *photo, fs_face *face);
void fs_landmarks_destroy(fs_landmarks *landmarks);

typedef struct fs_evaluation_options {
  size_t size;
  uint32_t folds;             /* where no folds are given; default 10, 2 to 1000 */
  double least_false_accepts; /* pairs * rate that TAR at a rate wants; default 1, at least 1 */
} fs_evaluation_options;

fs_status fs_evaluation_options_init(fs_evaluation_options *options, size_t size);

/* The largest threshold at which FAR, the part of the impostor pairs that is called the same, is at most `limit`; and
 * TAR, that part of the genuine pairs. Bounds are of 95 %, by Wilson's score interval. All but `limit` is NaN where
 * there are fewer than `impostors_needed` impostor pairs: least_false_accepts / limit. */
typedef struct fs_operating_point {
  double limit;
  double tar, tar_low, tar_high;
  double far, far_low, far_high;
  double threshold;
  uint64_t impostors_needed;
} fs_operating_point;

#define FS_OPERATING_POINTS 3

typedef struct fs_evaluation {
  uint64_t genuine, impostors; /* pairs of one person, and of two */
  uint32_t folds;
  /* Each fold judged by the threshold that is right most often on all others: mean and standard deviation (with
   * folds - 1) over the folds, and the mean of the thresholds. NaN unless there are two folds, each with both kinds. */
  double accuracy, accuracy_deviation, threshold;
  double auc;              /* area under the ROC, exactly; equal distances count half */
  double equal_error_rate; /* where FAR = 1 - TAR, on straight lines between the points of the ROC */
  fs_operating_point points[FS_OPERATING_POINTS]; /* at FAR 0.1, 0.01 and 0.001 */
} fs_evaluation;

/* Evaluates `count` distances by the protocol of Labeled Faces in the Wild (Huang and Learned-Miller 2014): a pair is
 * called the same if distance <= threshold. `is_same` is not 0 for pairs of one person; `fold` tells each pair's fold
 * by any numbers, NULL cuts either kind into options->folds parts in the order given. Infinity is the distance of a
 * pair with a face that was not found: no threshold accepts it (ISO/IEC 19795-1). FS_INVALID_ARGUMENT for NaN, for no
 * pairs, and for pairs of one kind alone. NULL options: defaults. */
fs_status fs_evaluate_pairs(const double *distances, const uint8_t *is_same, const int32_t *fold, size_t count,
                            const fs_evaluation_options *options, fs_evaluation *evaluation);

typedef struct fs_roc_point {
  double threshold; /* infinite in the last point if a distance is */
  double far, tar;
} fs_roc_point;

/* The receiver operating characteristic: the first point accepts nothing, then one follows for each distance that
 * occurs; the last accepts everything. `capacity` is at least count + 1; *found tells how many were written. */
fs_status fs_evaluate_roc(const double *distances, const uint8_t *is_same, size_t count, fs_roc_point *points,
                          size_t capacity, size_t *found);

/* ---- Calibration: a threshold that lets no more strangers pass than you say, as far as pairs can show it. ---- */

typedef struct fs_calibration_options {
  size_t size;
  double false_accept_rate; /* of a search among `people`, more than 0, less than 1; default 0.001 */
  double confidence;        /* of the bounds, more than 0, less than 1; default 0.95 */
  uint64_t people;          /* among whom a face is searched; default 1: one comparison */
} fs_calibration_options;

/* Bounds are Clopper and Pearson's (1934): one-sided for false accepts, two-sided for false rejects. They take pairs, and
 * the comparisons of a search, as independent; pairs that share photos or people are less than that. */
typedef struct fs_calibration {
  double threshold;         /* exactly a float; 0 or more */
  double comparison_rate;   /* what one comparison may let pass: 1 - (1 - false_accept_rate)^(1 / people) */
  double false_accepts;     /* of one comparison, as counted */
  double max_false_accepts; /* and at most, with `confidence`; never above comparison_rate */
  double max_false_accepts_of_search; /* 1 - (1 - max_false_accepts)^people */
  double false_rejects;     /* of one comparison, as counted */
  double min_false_rejects, max_false_rejects;
  uint64_t genuine, impostors; /* pairs of one person, and of two */
  uint64_t genuine_rejected, impostors_accepted;
  uint64_t impostors_needed; /* without which the rate cannot be claimed: log(1 - confidence) / log(1 - comparison_rate) */
} fs_calibration;

fs_status fs_calibration_options_init(fs_calibration_options *options, size_t size);
/* From `count` distances of labelled pairs, as in fs_evaluate_pairs, 0 or more. The threshold is the largest distance that
 * occurs at which max_false_accepts is not above comparison_rate; that holds although the same pairs choose it (Wilks 1941).
 * It is rounded to a float: up, so that it accepts that distance, or down where that would accept the next one too.
 * FS_INVALID_ARGUMENT, with the number that is needed, for fewer impostor pairs than can support the rate. NULL options:
 * defaults. */
fs_status fs_calibrate(const double *distances, const uint8_t *is_same, size_t count, const fs_calibration_options *options,
                       fs_calibration *calibration);
/* The same from embeddings and labels of a gallery [count, dimension], and of `impostor_count` people who are not in it:
 * genuine are all pairs of photos with one label, impostors each of them with each photo. With 0 impostors, all pairs of two
 * labels take their place. Euclidean distances, of at most 2^24 pairs. */
fs_status fs_calibrate_embeddings(const float *embeddings, const int32_t *labels, size_t count, size_t dimension,
                                  const float *impostors, size_t impostor_count, const fs_calibration_options *options,
                                  fs_calibration *calibration);

/* How errors grow with the number of people that a face is compared with. */
typedef struct fs_growth {
  uint64_t people;
  double false_accepts;     /* of a search among so many with the threshold of fs_calibrate: 1 - (1 - rate)^people, */
  double max_false_accepts; /* as counted and at most */
  double threshold;         /* that keeps false_accept_rate among so many; NaN, as all below, where pairs are too few */
  double false_rejects, min_false_rejects, max_false_rejects; /* that it costs */
  uint64_t impostors_needed;
} fs_growth;

/* A row for each of `people` [people_count]: `rows` has room for `capacity`, at least people_count. */
fs_status fs_calibrate_growth(const double *distances, const uint8_t *is_same, size_t count,
                              const fs_calibration_options *options, const uint64_t *people, size_t people_count,
                              fs_growth *rows, size_t capacity);

/* ---- Maps: embeddings in two dimensions, to look at (t-SNE; van der Maaten and Hinton 2008). ---- */

typedef struct fs_tsne_progress {
  size_t size;
  uint32_t step, steps; /* steps done, of how many */
  double divergence;    /* Kullback-Leibler, of the map so far; what falls */
  double seconds;       /* since the start */
} fs_tsne_progress;

/* Called every 25 steps and after the last, on the thread that called fs_tsne, with nothing locked. FS_FINISH keeps
 * the map so far, FS_CANCEL drops it. */
typedef fs_action
    (*fs_tsne_callback)(const fs_tsne_progress *progress, void *user);

typedef struct fs_tsne_options {
  size_t size;
  float perplexity;           /* neighbours that count, in effect; default 30, 1 to (count - 1) / 3 */
  uint32_t steps;             /* default 1000 */
  float learning_rate;        /* default 0: max(count / exaggeration / 4, 50) */
  float exaggeration;         /* of attraction in the first steps; default 12, 1 to 100 */
  uint32_t exaggerated_steps; /* default 250 */
  uint64_t seed;              /* of the noise in the start, which parts equal points; default 1 */
  fs_tsne_callback on_step;   /* default NULL */
  void *user;                 /* handed to on_step untouched */
} fs_tsne_options;

fs_status fs_tsne_options_init(fs_tsne_options *options, size_t size);
/* Maps `points` [count, dimension] to `map` [count, 2], starting from their principal components. `count` is 4 to
 * 8192: all pairs are looked at, and 8 * count^2 bytes held. Results are the same bits for any number of threads.
 * `capacity` is at least 2 * count; `divergence`, which may be NULL, receives the map's. */
fs_status fs_tsne(const float *points, size_t count, size_t dimension, const fs_tsne_options *options, float *map,
                  size_t capacity, double *divergence);

#ifdef __cplusplus
}
#endif
#endif /* FACESTYLE_H */
