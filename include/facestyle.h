/* facestyle.h - face recognition and neural style transfer, as a C library.
 *
 * This header is the whole public interface, in the order in which a program needs it:
 *
 *   Status          what functions return, and why they failed
 *   Images          decode, scale and write pictures
 *   Models          the weights of networks, by name or from a file
 *   Face analysis   from a photo to its faces, and to an answer: the short way
 *   Detector        finds faces in a picture
 *   Embedder        makes a vector, the embedding, of a face
 *   Comparison      the distance of two embeddings: the same person?
 *   Gallery         people and their photos, in memory, in a file or on a server: who is it?
 *   Marks           boxes, points and names on a copy of a photo
 *   Style           paints a picture in the style of another, by optimisation
 *   Style jobs      the same step by step, with checkpoints
 *   Fast styles     one pass of a trained network, or any style without training
 *   Enlarging       pictures with more pixels, by a network
 *   Frames          pictures of a camera, read in place
 *   Quality         is a face good enough to be recognised?
 *   Liveness        is a face before the camera a person's, or a picture of one?
 *   Dense points    many landmarks of a face, for drawing and measuring
 *   Tracker         follows faces from frame to frame
 *   Identification  who is it, on arrays of your own
 *   Layers          what a network's layers respond to
 *   Augmentation    random variations of a picture
 *   Photos          the photos of a training
 *   Losses          what networks are trained with
 *   Detection       what one-pass detectors of faces are trained with
 *   Scenes          photos with labelled faces, for a detector
 *   Trainer         trains a network
 *   Evaluation      accuracy, ROC, labelled pairs
 *   Calibration     a threshold for a false accept rate
 *   t-SNE           embeddings in two dimensions
 *   Mathematics     derivatives, convolution, the costs of style transfer
 *   Library         version, log, threads, memory, processor, self-test
 *
 * A first program: do two photos show the same person?
 *
 *   #include <facestyle.h>
 *   #include <stdio.h>
 *   #define TRY(call) if ((call) != FS_OK) return fprintf(stderr, "%s\n", fs_last_error()), 1
 *   int main(int argc, char **argv) { // a.jpg b.jpg
 *     fs_face_analysis *faces; fs_image *a, *b; fs_verdict verdict;
 *     TRY(fs_face_analysis_create(&faces, NULL)); // the models that are installed
 *     TRY(fs_image_open(&a, argc > 1 ? argv[1] : NULL));
 *     TRY(fs_image_open(&b, argc > 2 ? argv[2] : NULL));
 *     TRY(fs_face_analysis_compare(faces, a, b, FS_DEFAULT_THRESHOLD, &verdict));
 *     printf("%s, distance %.2f\n", verdict.same ? "same" : "different", verdict.distance);
 *     return 0; // a program that goes on destroys its handles: fs_image_destroy(a), ...
 *   }
 *
 *   cc same.c -lfacestyle -o same && ./same a.jpg b.jpg
 *
 * Conventions. They hold for every function, unless its comment says otherwise.
 *
 * Errors     A function that can fail returns fs_status and writes its outputs only on FS_OK. Any
 *            such function returns FS_INVALID_ARGUMENT for a NULL that its comment does not allow
 *            and for a number outside its range, and FS_NO_MEMORY if memory does not suffice.
 *            fs_last_error() is then the reason, one line of text.
 * Ownership  You own a handle that was written through `out`: pass it once to the _destroy
 *            function of its type (NULL is allowed). The library copies its inputs and keeps no
 *            pointer of yours after a call returns. A const pointer that a function returns is
 *            borrowed: it is valid as long as the handle that it was read from, or for good where
 *            the comment says "static".
 * Handles    A handle (fs_image *, ...) is a number, not an address. No number is used twice in a
 *            process. FS_INVALID_ARGUMENT for a handle that was destroyed or has another type.
 * Threads    Any function may be called on any thread. fs_image, fs_model, fs_models,
 *            fs_face_analysis, fs_faces, fs_detector, fs_embedder, fs_liveness,
 *            fs_dense_landmarks, fs_fast_styler, fs_universal_styler, fs_enlarger and
 *            fs_expression never change, so threads may share them. Many threads may search and
 *            change one fs_gallery. An fs_styler, an fs_style_job, an fs_trainer and an fs_tracker
 *            are for one thread at a time.
 * Structs    A struct whose first member is `size` may grow at its end in later versions. Set
 *            `size` to its sizeof; an _init function does, and writes the defaults. NULL in place
 *            of options means the defaults. The library reads and writes only the members that both
 *            it and you know, and sets `size` of an answer to what it wrote: members that an older
 *            library does not know stay as they were, so zero the struct first. FS_INVALID_ARGUMENT
 *            for a size smaller than that of the struct's first version. All other structs are
 *            frozen, which their comments say: they never change.
 * Arrays     An array that you pass in comes with its `count`, in elements. An array that a
 *            function fills comes with its `capacity`, in elements; FS_INVALID_ARGUMENT if it does
 *            not suffice. [count, dimension] after a name means rows, packed one after another.
 * Lists      A function with a `capacity` and a `count` that it writes fills in the first
 *            min(*count, capacity) elements; *count is how many there are. Call it with NULL and 0
 *            to ask for the number.
 * Counts     fs_x_count(handle) returns a number of things, 0 for NULL and other bad handles.
 * Booleans   are int32_t: 0 or 1 if the library writes them; not 0 is true if it reads them.
 * Strings    are UTF-8. A path may be any bytes that the system allows; a message shows U+FFFD for
 *            what is not UTF-8.
 * Pictures   Units are pixels, origin top left, x to the right, y down; the centre of the first
 *            pixel is (0, 0). Angles are in degrees, clockwise.
 * Results    are the same bits for any number of threads.
 * Firmware   The small library of `make firmware` has the functions that docs/firmware.md lists. */
#ifndef FACESTYLE_H
#define FACESTYLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ---- */

/* Numbers never change; new ones are added at the end. */
typedef enum fs_status {
  FS_OK = 0,
  FS_INVALID_ARGUMENT = 1, /* a NULL, a size or a number outside its documented range */
  FS_BAD_DATA = 2,    /* the bytes are not a picture, model, ... that this version can read */
  FS_IO = 3,          /* the operating system or a server refused; the message has its reason */
  FS_NO_MEMORY = 4,
  FS_NO_FACE = 5,     /* no face was found in the photo */
  FS_CANCELLED = 6,   /* your callback returned FS_CANCEL */
  FS_NOT_FOUND = 7,   /* there is no person, layer, ... of that name */
  FS_WRONG_MODEL = 8, /* the model has another architecture, or the embedding is another model's */
  FS_INTERNAL = 9     /* a bug in this library, or a machine that computes wrong (fs_self_test):
                       * please report the message */
} fs_status;

/* "FS_IO"; static, never NULL. */
const char *fs_status_name(fs_status status);
/* Why the last function on this thread that returns fs_status failed: one line; "" after FS_OK.
 * Valid until this thread's next call of such a function. */
const char *fs_last_error(void);

/* ---- Images: 8-bit sRGB, optionally also 16 bits a sample, optionally with alpha ---- */

typedef struct fs_image fs_image;

#define FS_IMAGE_MAX_SIDE 65500u       /* the largest width or height */
#define FS_IMAGE_MAX_PIXELS 268435456u /* the largest width * height, 2^28 */

/* Decodes a whole file held in memory, and turns the picture upright: a PNG, JPEG, WebP, HEIC,
 * AVIF, TIFF, JPEG XL or BMP, recognised by its content, whatever its name. FS_BAD_DATA for
 * pictures that are truncated, corrupt or too large: the sizes of the header are held against
 * FS_IMAGE_MAX_SIDE and FS_IMAGE_MAX_PIXELS, and the memory that they need against what is left
 * (FS_NO_MEMORY), before anything is decoded. Of an animation or of several pictures the first, of
 * a HEIC the primary one.
 *
 * Libraries  PNG, JPEG and BMP need nothing. The others need a library, which is loaded with the
 *            first picture of the format; without it FS_IO, with the name of Debian's package: WebP
 *            libwebp.so.7 (libwebp7); HEIC and AVIF libheif.so.1 (libheif1; from Debian 13 on also
 *            libheif-plugin-libde265 and libheif-plugin-dav1d); TIFF libtiff.so.6 (libtiff6); JPEG
 *            XL libjxl.so.0.7 to 0.11 (libjxl0.7 to libjxl0.11).
 * Upright    By EXIF orientation: in a JPEG its segment, in a WebP its chunk (unlike browsers,
 *            which do not turn those); in a PNG the eXIf chunk, or the texts "Raw profile type
 *            exif" and "Raw profile type APP1" that converters write. Where EXIF has no
 *            orientation, tiff:Orientation of XMP is used (a JPEG's segment; a WebP's chunk; a
 *            PNG's texts "XML:com.adobe.xmp" and "Raw profile type xmp"), as in Pillow, unlike
 *            OpenCV, libvips and browsers: some converters keep only XMP, and a face on its side is
 *            not found. Of a PNG's texts the first 1 MiB is read. Malformed metadata is ignored. A
 *            TIFF is turned by its orientation. HEIC and AVIF are cropped, turned and mirrored by
 *            their properties (clap, irot, imir), a JPEG XL by its header: an EXIF block in those
 *            is never heeded, since it may say the same again.
 * Profiles   An embedded ICC profile is applied: samples become sRGB, with relative colorimetric
 *            intent and black point compensation; a profile that is sRGB changes no pixel. A
 *            profile that is damaged, incomplete or of the wrong kind is ignored: colour pictures
 *            need an RGB profile; grey ones a grey profile or, except in a PNG, an RGB one (each
 *            grey then stands for three equal samples); CMYK JPEGs and TIFFs a CMYK one. CMYK
 *            without a profile is mixed as (255 - C)(255 - K) / 255. In CMYK JPEGs 255 means no
 *            ink, with Adobe's marker and without, as in all common decoders; in TIFFs 0 does.
 * PNG        Colours follow cICP, else the profile, else sRGB, else gAMA (PNG, third edition); cHRM
 *            is ignored. Supported in cICP: primaries 1, 4 to 9, 11, 12, 22 of ITU-T H.273, and 2,
 *            unspecified, which is read as 1; transfers 1, 4, 5, 6, 8, 11, 13 to 16, 18; matrix 0;
 *            full and narrow range. A chunk with other code points is ignored. Camera curves (1, 6,
 *            11, 14, 15: BT.709, BT.601, BT.2020) are read as sRGB's (13), as browsers do for
 *            BT.709: a frame of BT.709 video keeps its samples. In PQ (16), and in HLG (18) as
 *            shown by a display of 1000 cd/m2, 203 cd/m2 become white (BT.2408): 58 % and 75 % of
 *            the range. Brighter samples, and colours outside sRGB, are clipped in each channel; no
 *            other tone changes.
 * HEIC       As AVIF: matrix and range of the samples are heeded, their primaries and transfer are
 *            not: without an ICC profile the numbers stay as they are. In both, and in JPEG XL,
 *            light of high dynamic range (PQ, HLG) keeps its numbers: no tone is mapped. Sides of
 *            at most 32768 (libheif's own limit).
 * TIFF       Strips and tiles, samples together or in planes, 1 to 16 bits: grey of either sense,
 *            palettes, RGB, CMYK, YCbCr (8 bits), with what compression libtiff has. FS_BAD_DATA,
 *            by name, for floating-point and signed samples, Lab, and cameras' raw files.
 * JPEG       Motion JPEG frames as cameras send them, too: without Huffman tables, which are then
 *            the standard's, and with stray bytes between segments and behind the end. One that is
 *            cut off is FS_BAD_DATA.
 * BMP        1 to 32 bits, run lengths, masks; no JPEG or PNG inside. Alpha only by a mask, and
 *            opaque if all of it is 0, as programs leave it that do not know it.
 * 16 bits    A PNG, TIFF, HEIC, AVIF or JPEG XL with more than 8 bits a sample has them in 16 bits,
 *            65535 white, beside 8-bit pixels rounded from them. (CMYK has 8 bits.)
 * Alpha      is kept; fs_image_data is blended over white: c alpha + 255 (1 - alpha), on sRGB
 *            samples. A picture in which every alpha is 255 is opaque and has none. Colours that
 *            are multiplied by alpha in the file (TIFF, AVIF, JPEG XL) are divided by it.
 * Memory     3 bytes a pixel for the picture (9 with 16 bits), as much again while it is turned,
 *            and while it is decoded up to: progressive JPEG 3, lossless WebP 4, HEIC and AVIF 8
 *            (14 with more than 8 bits), JPEG XL 28 bytes a pixel.
 * Streams    Nothing is printed, except that of damaged files libjxl 0.7 and dav1d (AVIF) print
 *            lines on the error stream, and cannot be told not to. */
fs_status fs_image_decode(fs_image **out, const void *bytes, size_t byte_count);
/* The same for a file. */
fs_status fs_image_open(fs_image **out, const char *path);
/* The same at 1/1, 1/2, 1/4 or 1/8 of the size, sides rounded up: the largest that has at most
 * max_pixels pixels, or 1/8 if all have more. *reduction: 1, 2, 4 or 8; a face's place, times this,
 * is its place in the full picture. A JPEG is decoded at that size, in a fraction of the memory and
 * time: for photos of up to 200 million pixels in which only faces are looked for. Others are
 * decoded in full, then scaled by FS_AREA. */
fs_status fs_image_open_reduced(fs_image **out, const char *path, uint64_t max_pixels,
                                uint32_t *reduction);
/* The same for a file's bytes, such as a camera's frame of Motion JPEG. */
fs_status fs_image_decode_reduced(fs_image **out, const void *bytes, size_t byte_count,
                                  uint64_t max_pixels, uint32_t *reduction);

/* FS_NV12 to FS_YUYV are formats of frames only (fs_frame). */
typedef enum fs_pixel_format {
  FS_RGB = 0,
  FS_BGR = 1,
  FS_RGBA = 2,
  FS_BGRA = 3,
  FS_GREY = 4,
  FS_NV12 = 5,   /* 4:2:0, two planes: Y; U and V interleaved */
  FS_NV21 = 6,   /* 4:2:0, two planes: Y; V and U interleaved */
  FS_I420 = 7,   /* 4:2:0, three planes: Y; U; V */
  FS_YUYV = 8,   /* 4:2:2, one plane: Y, U, Y, V for two pixels */
  FS_RGB16 = 9,  /* 16-bit samples in native byte order, 65535 is white, 6 bytes a pixel, any
                  * alignment */
  FS_RGBA16 = 10 /* the same with alpha, 8 bytes a pixel */
} fs_pixel_format;

/* Pixels in your memory. */
typedef struct fs_pixels {
  size_t size;             /* sizeof(fs_pixels) */
  const uint8_t *data;     /* the first pixel of the top row */
  size_t byte_count;       /* of data: at least stride * (height - 1) + one row's bytes */
  size_t stride;           /* bytes from one row to the next; 0 if rows are packed */
  uint32_t width, height;
  fs_pixel_format format;
  uint32_t rotation;       /* degrees clockwise that turn the picture upright: 0, 90, 180 or 270 */
} fs_pixels;

/* Copies pixels. Alpha of FS_RGBA, FS_BGRA and FS_RGBA16 is straight (colours are not multiplied by
 * it) and is kept, as of a PNG. */
fs_status fs_image_from_pixels(fs_image **out, const fs_pixels *pixels);

uint32_t fs_image_width(const fs_image *image);  /* 0 for NULL */
uint32_t fs_image_height(const fs_image *image); /* 0 for NULL */
/* R,G,B bytes, 3 * width a row, blended over white where there is alpha; borrowed. NULL for
 * NULL. */
const uint8_t *fs_image_data(const fs_image *image);
/* The same in 16 bits, 3 * width samples a row, 65535 is white; borrowed. NULL if the picture has
 * only 8 bits. */
const uint16_t *fs_image_data16(const fs_image *image);
/* Alpha: width bytes a row, 255 is opaque, 8 bits also for a picture of 16; borrowed. NULL if the
 * picture is opaque. */
const uint8_t *fs_image_alpha(const fs_image *image);
/* The colours before they were blended over white, opaque. */
fs_status fs_image_unblended(fs_image **out, const fs_image *image);
/* The colours of `image` (as fs_image_unblended returns them) with the alpha of `alpha_source`,
 * scaled to the size of `image` by FS_BILINEAR. Opaque if `alpha_source` is. */
fs_status fs_image_with_alpha(fs_image **out, const fs_image *image, const fs_image *alpha_source);

typedef enum fs_filter {
  FS_BILINEAR = 0, /* triangle filter, widened when reducing: Pillow 12's BILINEAR */
  FS_BICUBIC = 1,  /* cubic filter with a = -0.5, widened when reducing: Pillow 12's BICUBIC */
  FS_AREA = 2      /* mean of the pixels that a target pixel covers: PyTorch's mode="area" */
} fs_filter;

/* Scales to width x height, 1 to FS_IMAGE_MAX_SIDE each. Keeps 16 bits and alpha. Colours are
 * weighted by alpha; pixels that become fully transparent become white. */
fs_status fs_image_resize(fs_image **out, const fs_image *image, uint32_t width, uint32_t height,
                          fs_filter filter);
/* The part of `image` in the rectangle, which must lie inside. Keeps 16 bits and alpha. */
fs_status fs_image_crop(fs_image **out, const fs_image *image, uint32_t x, uint32_t y,
                        uint32_t width, uint32_t height);
/* out(x', y') = image(x, y) with (x', y') = M (x, y, 1); M is 2x3, row by row, and maps from
 * `image` to the new picture. Bilinear; black outside. The result is fs_image_data moved: 8 bits,
 * opaque. */
fs_status fs_image_warp(fs_image **out, const fs_image *image, const float matrix[6],
                        uint32_t width, uint32_t height);

/* Formats are numbered from 0. All are read; FS_PNG and FS_JPEG are also written. */
typedef enum fs_file_format {
  FS_PNG = 0,
  FS_JPEG = 1,
  FS_WEBP = 2,
  FS_HEIC = 3,
  FS_AVIF = 4,
  FS_TIFF = 5,
  FS_JPEG_XL = 6,
  FS_BMP = 7
} fs_file_format;

/* "PNG", "JPEG"; static. NULL if there is no such format. */
const char *fs_file_format_name(fs_file_format format);
/* How names of such files end, ".jpg" and ".jpeg": the one of `index`, the usual one first; static.
 * NULL if there is no such format or no more endings. */
const char *fs_file_format_ending(fs_file_format format, size_t index);
/* 1 if pictures are written in this format; 0 if they are only read, or there is no such format. */
int32_t fs_file_format_is_written(fs_file_format format);

/* Encodes into `buffer`. `format` is one that is written. `quality` is JPEG's, 1 to 100. A PNG
 * holds the picture's 16 bits and its alpha, over unblended colours, and is marked as sRGB; a JPEG
 * holds fs_image_data. *byte_count is the size of the file: call with capacity 0 and buffer NULL to
 * ask for it. If 0 < capacity < size: FS_INVALID_ARGUMENT, and *byte_count is written
 * nevertheless. */
fs_status fs_image_encode(const fs_image *image, fs_file_format format, uint32_t quality,
                          void *buffer, size_t capacity, size_t *byte_count);
/* Writes a file of the format that the ending of `path`, in capitals or not, asks for (JPEG quality
 * 95); FS_INVALID_ARGUMENT for other endings, also those of formats that are only read. The file
 * appears whole or not at all. */
fs_status fs_image_write(const fs_image *image, const char *path);
void fs_image_destroy(fs_image *image);

/* ---- Models: the weights of networks, by name or from safetensors files ----
 *
 * A name is 1 to 128 letters, digits, '-', '_' and '.', the first not '.'. It is a file's name
 * without ".safetensors", looked for in these folders, the first that has it:
 *  - those in FACESTYLE_MODELS in the environment, separated by ':';
 *  - facestyle/models in XDG_DATA_HOME, or in ~/.local/share if that is not set (macOS also:
 *    ~/Library/Application Support);
 *  - for the folder F of the library, then for that of the program: F/models; models and
 *    share/facestyle/models in F/.., and the same in F/../...
 * So a program finds the models that `make install` put beside the library, and one in a source
 * checkout those of the checkout. A folder that cannot be read counts as empty.
 *
 * Two names stand for the best that is installed, unless a file has that very name: "faces", which
 * embeds faces, is "dlib-resnet" or else "faces-nn4"; "faces-points", which finds faces with their
 * points, is "faces-points", else "mtcnn", else "faces-yunet". */

typedef struct fs_model fs_model;

/* Opens a model by its name, or the file of that path. It is a path if it has a '/', ends in
 * ".safetensors", is no name, or names a file of the current folder. FS_NOT_FOUND if no folder has
 * the name: the message says where it was looked for. FS_BAD_DATA if it is not a safetensors file,
 * or if its metadata do not describe a network. Missing tensors are found when a detector,
 * embedder, styler, ... is created from it, which then returns FS_BAD_DATA and names the tensor. */
fs_status fs_model_open(fs_model **out, const char *name);
/* The same from memory. */
fs_status fs_model_load(fs_model **out, const void *bytes, size_t byte_count);
/* A name of fs_architecture_name; "mtcnn", "cascade" or "universal-style", models of several
 * networks; or "graph": the file describes its network itself, by a text in its metadata "graph"
 * (docs/graph.md). Borrowed. NULL for NULL. */
const char *fs_model_architecture(const fs_model *model);
/* The file's metadata under `key` ("name", "licence", "source", ...); borrowed. NULL if absent. */
const char *fs_model_metadata(const fs_model *model, const char *key);
/* How many numbers its weights are. */
size_t fs_model_parameter_count(const fs_model *model);
/* A hash of all weights, and of all metadata but texts for people ("name" and the texts of
 * fs_model_texts), independent of their order; 0 for NULL. */
uint64_t fs_model_fingerprint(const fs_model *model);
void fs_model_destroy(fs_model *model);

/* What a model is for. */
typedef enum fs_model_use {
  FS_MODEL_OTHER = 0,          /* a part of another, or a network of your own that embeds nothing */
  FS_MODEL_EMBEDDER = 1,       /* fs_embedder_create */
  FS_MODEL_DETECTOR = 2,       /* fs_detector_create */
  FS_MODEL_STYLER = 3,         /* fs_styler_create, fs_fast_trainer_create,
                                * fs_enlarger_trainer_create */
  FS_MODEL_FAST_STYLE = 4,     /* fs_fast_styler_create */
  FS_MODEL_UNIVERSAL_STYLE = 5, /* fs_universal_styler_create */
  FS_MODEL_LIVENESS = 6,       /* fs_liveness_create */
  FS_MODEL_LANDMARKS = 7,      /* fs_dense_landmarks_create */
  FS_MODEL_ENLARGER = 8        /* fs_enlarger_create */
} fs_model_use;

/* What is known of a model without reading its weights. Texts are borrowed from the handle that was
 * asked. */
typedef struct fs_model_info {
  size_t size;
  const char *name;         /* of the file, without ".safetensors"; from memory: the metadata
                             * "name", or the architecture */
  const char *path;         /* of the file; NULL if it was loaded from memory */
  const char *role;         /* "faces" or "faces-points" if it was opened by that name; in a list,
                             * if that name opens it. Else NULL */
  const char *architecture; /* NULL if the file does not say */
  const char *licence;      /* these three are the file's metadata; NULL if absent */
  const char *accuracy;
  const char *note;
  const char *fault;        /* in a list: why it cannot be opened; NULL if its header is good */
  uint64_t byte_count;      /* of the file */
  uint64_t parameters;      /* numbers of its weights */
  fs_model_use use;
  int32_t hidden;           /* in a list: 1 if an earlier folder has a model of that name, so that
                             * only the path opens this one */
  uint32_t styles;          /* that a fast style has learned; 0 for another use */
  int32_t mirrored;         /* 1 if its embeddings are means over pictures and their mirror images;
                             * see fs_model_texts */
} fs_model_info;

fs_status fs_model_info_get(const fs_model *model, fs_model_info *info);

/* What a model says of itself: kept in its file as metadata of these names. Texts are for people,
 * at most 4096 bytes each; NULL or "": nothing. Set `size` to its sizeof, and the rest to 0. */
typedef struct fs_model_texts {
  size_t size;
  const char *licence;
  const char *accuracy; /* measured on what: "96.8 % of LFW's pairs" */
  const char *note;
  const char *source;   /* where the weights are from */
  float threshold;      /* of an embedder or detector, instead of its file's; 0: the file's.
                         * fs_trainer_save_model has a parameter for it */
  int32_t mirrored;     /* of an embedder: 1 for the mean of a picture's embedding and its mirror
                         * image's (of length 1 if theirs is), at twice the time, which errs less;
                         * distances are others, so give a threshold, too. -1: not; 0: as in the
                         * file. Galleries of one and the other are of different models */
} fs_model_texts;

/* The models that can be opened by name, as they were when the list was made. */
typedef struct fs_models fs_models;

/* Reads only the headers of files. In the order of the folders, then by name. */
fs_status fs_models_list(fs_models **out);
size_t fs_models_count(const fs_models *models);
/* FS_INVALID_ARGUMENT if index >= fs_models_count(models). */
fs_status fs_models_get(const fs_models *models, size_t index, fs_model_info *info);
void fs_models_destroy(fs_models *models);

/* Of the weights in a file that is written. */
typedef enum fs_precision {
  FS_FLOAT32 = 0,
  FS_FLOAT16 = 1, /* rounded to the nearest, ties to even; at most 65504 */
  FS_INT8 = 2     /* weights of convolutions and dense layers: levels from -127 to 127 with a scale
                   * for each output, its largest weight / 127; all others as FS_FLOAT16 */
} fs_precision;

/* Writes the model's file again, in another precision; in its own, the same numbers. A file of this
 * path is replaced, and stays as it is on errors. Metadata are kept, but for those that `texts`
 * gives; NULL: none. FS_INVALID_ARGUMENT for a number that the precision does not have, FS_IO. */
fs_status fs_model_save(const fs_model *model, const char *path, fs_precision precision,
                        const fs_model_texts *texts);

/* A network architecture that this version knows, whether or not weights for it exist. */
typedef struct fs_architecture_info {
  size_t size;
  uint32_t height, width;  /* of the pictures it takes; 0 if it takes any size */
  uint32_t channels;       /* of the pictures: 3, or 1 for grey */
  uint32_t dimension;      /* of its output: an embedding's, or classes; channels of VGG-19's
                            * "pool5" */
  uint64_t parameters;     /* numbers that are learned; a file has running statistics besides */
  uint64_t multiply_adds;  /* of convolutions and dense layers, a picture; 0 if it takes any size */
} fs_architecture_info;

size_t fs_architecture_count(void);
/* "vgg19", "facenet-nn2", ...; static. NULL if index >= fs_architecture_count(). */
const char *fs_architecture_name(size_t index);
/* FS_NOT_FOUND if there is no architecture of that name. */
fs_status fs_architecture_info_get(const char *name, fs_architecture_info *info);

/* ---- Face analysis: from a photo to its faces, and to an answer ----
 *
 * A detector and an embedder that fit together. What follows in later sections - detectors,
 * embedders, galleries, quality - is for programs that want a step of it another way. */

/* Frozen. */
typedef struct fs_point { float x, y; } fs_point;

/* Frozen. */
typedef struct fs_face {
  float x, y, width, height; /* box, in pixels of the searched picture; may reach beyond its
                              * edges */
  float score;               /* 0 to 1, higher is surer */
  fs_point landmarks[5];     /* left eye, right eye, nose, left and right corner of the mouth, as
                              * seen in the picture; NaN if not known */
} fs_face;

/* In place of any threshold below: the model's own. Every other threshold must be >= 0. */
#define FS_DEFAULT_THRESHOLD (-1.0f)

/* Is it the same person? Frozen. */
typedef struct fs_verdict {
  float distance;      /* Euclidean */
  float threshold;     /* the one that was used */
  int32_t same;        /* 1 if distance <= threshold, else 0 */
  uint32_t reasons[2]; /* why the face in the first photo, and in the second, is too bad for a sure
                        * answer: bits of fs_quality_reason. FS_QUALITY_CUT_OFF if more than 0.05
                        * of it lies beyond the photo's edges, FS_QUALITY_SMALL below 12 pixels
                        * between the eyes, FS_QUALITY_BLURRED below a sharpness of 10: from there
                        * on answers were measurably worse. 0: nothing is wrong, or there is no such
                        * photo, or the network sees whole photos */
} fs_verdict;

typedef struct fs_face_analysis_options {
  size_t size;
  const char *detector; /* a name or path, as for fs_model_open; default NULL: "faces-points" */
  const char *embedder; /* the same; default NULL: "faces" */
  float min_face;       /* side of the smallest face to look for, in pixels, at least 12; default
                         * 40 */
  uint32_t max_faces;   /* keep only the largest faces; default 0: all */
} fs_face_analysis_options;

fs_status fs_face_analysis_options_init(fs_face_analysis_options *options, size_t size);

typedef struct fs_face_analysis fs_face_analysis;

/* The errors of fs_model_open, fs_detector_create and fs_embedder_create; FS_WRONG_MODEL if the
 * detector finds no points, which the embedder needs. */
fs_status fs_face_analysis_create(fs_face_analysis **out, const fs_face_analysis_options *options);
/* (fs_face_analysis_detector and fs_face_analysis_embedder return its parts, for the functions of
 * later sections: galleries, for example.) */

/* The faces of one photo. */
typedef struct fs_faces fs_faces;

/* Finds all faces, embeds them and measures their quality. A photo without a face has 0 of them:
 * FS_OK. (If the embedder sees whole photos, one face without landmarks, the whole photo.) */
fs_status fs_face_analysis_run(const fs_face_analysis *analysis, fs_faces **out,
                               const fs_image *photo);

typedef struct fs_analysed_face {
  size_t size;
  const float *embedding; /* `dimension` floats; borrowed from the fs_faces */
  size_t dimension;
  fs_face face;
  float quality;          /* fs_quality.score: 0 to 1, ranks photos of a person */
  uint32_t reasons;       /* as fs_verdict.reasons */
  int32_t is_main;        /* 1 for the main face, large and central, which functions with one photo
                           * take */
} fs_analysed_face;

size_t fs_faces_count(const fs_faces *faces);
/* The largest face first. FS_INVALID_ARGUMENT if index >= fs_faces_count(faces). */
fs_status fs_faces_get(const fs_faces *faces, size_t index, fs_analysed_face *face);
void fs_faces_destroy(fs_faces *faces);

/* Compares the main faces of two photos. FS_NO_FACE if one has none. */
fs_status fs_face_analysis_compare(const fs_face_analysis *analysis, const fs_image *a,
                                   const fs_image *b, float threshold, fs_verdict *verdict);
void fs_face_analysis_destroy(fs_face_analysis *analysis);

/* ---- Detector: finds faces ----
 *
 * With a model "yunet" (of the kind of Wu et al. 2023) or "mtcnn" (Zhang et al. 2016) each face has
 * five landmarks, with "cascade" (CascadeCNN, Li et al. 2015) none. Published networks that were
 * converted (docs/reference/models.md) are models "graph" whose metadata say the "kind": yunet,
 * scrfd, retinaface or centerface. They find landmarks, too, but for an SCRFD without such heads.
 *
 * "yunet" and the converted ones are one network, which looks at the picture once. The picture is
 * first made smaller, or up to twice as large, so that a face of min_face pixels has the size of
 * the smallest that the network finds (20 pixels, unless the model has another number under
 * "min_face"): the time goes with the square of 1 / min_face. Faces smaller than 0.6 min_face are
 * not reported. If a side is then longer than in the training (640 pixels, or the model's
 * "max_side"), a quarter of the size is looked at too, and so on, so that faces of any size are
 * found. Beyond 1536 pixels a picture is looked at in parts: memory does not grow with it. Sides
 * are never changed to what a network wants: zeros to the right and below fill them up to
 * multiples of 32. */

/* A part of a picture, in its pixels. All zeros: the whole picture. Frozen. */
typedef struct fs_region { uint32_t x, y, width, height; } fs_region;

typedef enum fs_face_order { FS_LARGEST_FIRST = 0, FS_SUREST_FIRST = 1 } fs_face_order;

typedef struct fs_detector_options {
  size_t size;
  float min_face;       /* side of the smallest face to look for, in pixels, at least 12; default
                         * 40 */
  float thresholds[3];  /* scores that pass the three stages, 0 to 1; the last is the one that a
                         * reported face has at least. Default FS_DEFAULT_THRESHOLD: 0.6, 0.7, 0.7
                         * for MTCNN, the model's for CascadeCNN. Networks that look once have one
                         * stage: the first two are ignored, the default of the last is the
                         * model's, or 0.5 */
  float scale_step;     /* between levels of the pyramid of MTCNN and CascadeCNN, 0.1 to 0.95;
                         * default 0.709; ignored by networks that look once */
  uint32_t max_faces;   /* keep only the first ones in `order`; default 0: all */
  fs_face_order order;  /* default FS_LARGEST_FIRST */
  fs_region region;     /* search only this part, as if it were a picture of its own; it must lie
                         * inside each picture. Faces are in pixels of the whole picture. Default:
                         * all */
  int32_t close_ups;    /* 1: networks that look once also look at a quarter of the size until the
                         * longer side is at most 256 pixels, so that a face that fills the picture
                         * is found; MTCNN and CascadeCNN always do. Default 0 */
} fs_detector_options;

fs_status fs_detector_options_init(fs_detector_options *options, size_t size);

typedef struct fs_detector fs_detector;

/* FS_WRONG_MODEL for a model of another architecture. */
fs_status fs_detector_create(fs_detector **out, const fs_model *model,
                             const fs_detector_options *options);
/* Lists the faces of a picture, in the order of the options. */
fs_status fs_detector_find(const fs_detector *detector, const fs_image *image, fs_face *faces,
                           size_t capacity, size_t *count);
/* 1 if its faces have landmarks, which alignment and embedding need; 0 if not, and for NULL. */
int32_t fs_detector_finds_points(const fs_detector *detector);
/* What its model is; texts are borrowed from the detector. */
fs_status fs_detector_model_info(const fs_detector *detector, fs_model_info *info);
/* The detector of a face analysis, borrowed: do not destroy it. NULL if its embedder sees whole
 * photos, and for NULL. */
const fs_detector *fs_face_analysis_detector(const fs_face_analysis *analysis);
void fs_detector_destroy(fs_detector *detector);

/* ---- Embedder: a face as a vector; vectors of one person are near each other ---- */

typedef struct fs_embedder fs_embedder;

/* FS_WRONG_MODEL for a model that makes no embeddings. */
fs_status fs_embedder_create(fs_embedder **out, const fs_model *model);
size_t fs_embedder_dimension(const fs_embedder *embedder); /* floats in an embedding; 0 for NULL */
float fs_embedder_threshold(const fs_embedder *embedder);  /* distance up to which two faces are the
                                                            * same person */
/* The network sees a picture of this size, the chip; 0 for NULL. */
uint32_t fs_embedder_chip_width(const fs_embedder *embedder);
uint32_t fs_embedder_chip_height(const fs_embedder *embedder);
/* 1 if the chip is an aligned face; 0 if it is the whole photo, scaled to the chip's size by
 * FS_BILINEAR, and for NULL. A network sees whole photos if it was trained on photos without
 * landmarks (fs_trainer_run), or if its chips are not squares and its file does not say where the
 * landmarks go: "siamese". With such an embedder, functions that take a face take NULL instead
 * (with a count of 1) and refuse faces (FS_WRONG_MODEL), and those that take a detector ignore it;
 * it may be NULL. */
int32_t fs_embedder_aligns(const fs_embedder *embedder);

/* Finds the main face of a photo (large and central) and embeds it. FS_NO_FACE if there is none.
 * `face` receives the face, or is NULL; for an embedder of whole photos it is the whole photo,
 * without landmarks. */
fs_status fs_embedder_embed_photo(const fs_embedder *embedder, const fs_detector *detector,
                                  const fs_image *photo, fs_face *face, float *embedding,
                                  size_t capacity);
/* Embeds `count` faces of one picture: `embeddings` [count, dimension]. All faces or none: if one
 * fails, nothing is written. */
fs_status fs_embedder_embed(const fs_embedder *embedder, const fs_image *image,
                            const fs_face *faces, size_t count, float *embeddings, size_t capacity);
/* The chip of a face: turned, scaled and cut so that its five landmarks lie where the network
 * learned them (least-squares similarity, Umeyama 1991). */
fs_status fs_embedder_align(const fs_embedder *embedder, fs_image **out, const fs_image *image,
                            const fs_face *face);
/* Embeds `count` chips, each chip_width x chip_height: `embeddings` [count, dimension]. */
fs_status fs_embedder_embed_chips(const fs_embedder *embedder, const fs_image *const *chips,
                                  size_t count, float *embeddings, size_t capacity);
/* Which pixels bring two faces near or apart: the derivatives of the squared distance of two chips'
 * embeddings by the chips' levels, `gradient_a` and `gradient_b`, each [chip_height, chip_width, 3]
 * by R, G and B with room for `capacity` numbers. They are 0 for equal chips; the distance itself
 * has no derivative there. `distance` (may be NULL) receives the Euclidean distance.
 * FS_INVALID_ARGUMENT for chips of another size and too small a capacity. */
fs_status fs_embedder_distance_gradient(const fs_embedder *embedder, const fs_image *a,
                                        const fs_image *b, float *distance, float *gradient_a,
                                        float *gradient_b, size_t capacity);
/* The same as two pictures of the chips' size, each a heat map over its chip: fs_gradient_heat with
 * a blur of 1/32 of the longer side, then fs_image_from_heat. Both have one scale, up to the
 * warmest pixel of the two. With the chips in turn the maps are the same in turn. */
fs_status fs_embedder_heat(const fs_embedder *embedder, const fs_image *a, const fs_image *b,
                           fs_image **heat_a, fs_image **heat_b, float *distance);
/* Where the five landmarks lie in a chip, in the order of fs_face. FS_WRONG_MODEL if the network
 * sees whole photos. */
fs_status fs_embedder_template(const fs_embedder *embedder, fs_point points[5]);
/* The same for an architecture whose weights' file does not say it: as its authors trained it, or
 * dlib's mean face. FS_NOT_FOUND if there is no architecture of that name, FS_WRONG_MODEL if it
 * does not embed square pictures of faces. */
fs_status fs_architecture_template(const char *name, fs_point points[5]);
/* How many bytes fs_embedder_embed_chips with `count` chips adds to the process at its peak,
 * besides a copy of the embeddings (count * dimension floats); correct within 10 % and 2 MB. It is
 * the same for any large count. It includes weights that are laid out at the first use: later calls
 * need less. */
fs_status fs_embedder_memory_needed(const fs_embedder *embedder, size_t count, uint64_t *bytes);
/* What its model is; texts are borrowed from the embedder. */
fs_status fs_embedder_model_info(const fs_embedder *embedder, fs_model_info *info);
/* The embedder of a face analysis, borrowed: do not destroy it. NULL for NULL. */
const fs_embedder *fs_face_analysis_embedder(const fs_face_analysis *analysis);
void fs_embedder_destroy(fs_embedder *embedder);

/* ---- Comparison: same person = distance <= threshold (fs_verdict) ---- */

/* The Euclidean distance of two embeddings. */
fs_status fs_distance(const float *a, const float *b, size_t dimension, float *distance);
/* Compares the main faces of two photos. FS_NO_FACE if one has none. */
fs_status fs_compare_photos(const fs_embedder *embedder, const fs_detector *detector,
                            const fs_image *a, const fs_image *b, float threshold,
                            fs_verdict *verdict);

/* Ways to measure a distance: never negative, near means the same person. */
typedef enum fs_distance_kind {
  FS_DISTANCE_EUCLIDEAN = 0,  /* sqrt(sum of (a - b)^2); used wherever no kind can be given */
  FS_DISTANCE_SQUARED = 1,    /* sum of (a - b)^2 */
  FS_DISTANCE_COSINE = 2,     /* 1 - a.b / (|a| |b|), 0 to 2; 1 if either is 0 */
  FS_DISTANCE_CHI_SQUARE = 3, /* sum of (a - b)^2 / (|a| + |b|) */
  /* With the head of a trained pair loss, weight [dimension] and bias [1]: 0 to 1, the probability
   * that they are two people. */
  FS_DISTANCE_DIFFERENCE_HEAD = 4, /* 1 - sigmoid(weight . |a - b| + bias):
                                    * FS_LOSS_PAIR_DIFFERENCE */
  FS_DISTANCE_CHI_SQUARE_HEAD = 5  /* with (a - b)^2 / (|a| + |b|): FS_LOSS_PAIR_CHI_SQUARE */
} fs_distance_kind;

/* The distances of all rows of `a` [count_a, dimension] to all rows of `b` [count_b, dimension]:
 * `distances` [count_a, count_b], infinite only where a distance does not fit in a float. `head`
 * [dimension + 1] is NULL for kinds without one. FS_INVALID_ARGUMENT for numbers that are not
 * finite. */
fs_status fs_distances(fs_distance_kind kind, const float *a, size_t count_a, const float *b,
                       size_t count_b, size_t dimension, const float *head, float *distances,
                       size_t capacity);

/* ---- Gallery: people, several photos of each; in memory, in a file or on a server ----
 *
 * Questions are answered from memory, exactly: no photo is passed over. If the gallery is stored
 * (fs_gallery_open), a change is written there first and then to memory: once the call returns
 * FS_OK, it survives a killed process and a power failure; a change that fails changes nothing.
 * Searches wait while memory is changed, not while anything is written. */

/* A name is 1 to 255 bytes. It is stored, compared and returned in Unicode's form C (NFC): an e
 * followed by a combining diaeresis equals the single letter. */
#define FS_NAME_CAPACITY 256

typedef struct fs_gallery fs_gallery;

/* An empty gallery in memory, for embeddings of this embedder's model. */
fs_status fs_gallery_create(fs_gallery **out, const fs_embedder *embedder);
/* Adds a photo of `name`, a new person or a known one. */
fs_status fs_gallery_add(fs_gallery *gallery, const char *name, const float *embedding,
                         size_t dimension);
/* The same from the main face of a photo. FS_NO_FACE if there is none, FS_WRONG_MODEL if the
 * gallery holds embeddings of another model than the embedder's. */
fs_status fs_gallery_add_photo(fs_gallery *gallery, const fs_embedder *embedder,
                               const fs_detector *detector, const char *name,
                               const fs_image *photo);
/* Removes a person with all photos. FS_NOT_FOUND if there is no such person. */
fs_status fs_gallery_remove(fs_gallery *gallery, const char *name);
size_t fs_gallery_person_count(const fs_gallery *gallery);
size_t fs_gallery_photo_count(const fs_gallery *gallery); /* of all people */

/* Is it `name`? The distance is that of the nearest photo of the person. FS_NOT_FOUND if the
 * gallery does not know the name. */
fs_status fs_gallery_verify(const fs_gallery *gallery, const char *name, const float *embedding,
                            size_t dimension, float threshold, fs_verdict *verdict);
/* The same for the main face of a photo; verdict->reasons[0] is the photo's. */
fs_status fs_gallery_verify_photo(const fs_gallery *gallery, const fs_embedder *embedder,
                                  const fs_detector *detector, const char *name,
                                  const fs_image *photo, float threshold, fs_verdict *verdict);

/* How several photos of a person count. */
typedef enum fs_rule {
  FS_RULE_NEAREST = 0,  /* the distance to the nearest photo */
  FS_RULE_MEAN = 1,     /* the mean of the distances to all photos */
  FS_RULE_TEMPLATE = 2, /* the distance to the mean of the person's embeddings, scaled to their
                         * mean length */
  FS_RULE_VOTE = 3      /* who has most of the nearest photos; of equals, who is nearest */
} fs_rule;

typedef struct fs_identify_options {
  size_t size;
  fs_rule rule;          /* default FS_RULE_NEAREST */
  fs_distance_kind kind; /* default FS_DISTANCE_EUCLIDEAN */
  const float *head;     /* dimension + 1 floats for a kind that has one; default NULL */
  float threshold;       /* 0 or more; it belongs to a model, a kind and a rule: everybody is nearer
                          * to a template than to a photo. Default FS_DEFAULT_THRESHOLD, the
                          * model's, for galleries and Euclidean distances only; fs_identify needs a
                          * threshold (fs_embedder_threshold, fs_calibrate) */
  float margin;          /* how much farther the next person must be; default 0: any distance */
  uint32_t neighbours;   /* for FS_RULE_VOTE; default 5 */
} fs_identify_options;

fs_status fs_identify_options_init(fs_identify_options *options, size_t size);

typedef struct fs_gallery_identity {
  size_t size;
  int32_t known;            /* 1 if the nearest person is within the threshold, and nearer than the
                             * next person by the margin */
  int32_t ambiguous;        /* 1 if within the threshold, but not by the margin: a stranger, then */
  float distance;           /* of the nearest person, by the rule; infinite if the gallery is
                             * empty */
  float runner_up_distance; /* infinite if there is nobody else */
  float margin;             /* runner_up_distance - distance; negative if a vote elected a person
                             * who is farther */
  float threshold;          /* the one that was used */
  uint64_t photo;           /* the nearest person's nearest; UINT64_MAX if the gallery is empty */
  uint32_t votes;           /* of the nearest person, for FS_RULE_VOTE; else 0 */
  uint32_t reasons;         /* as fs_verdict.reasons[0], for a photo; 0 for an embedding */
  char name[FS_NAME_CAPACITY];      /* who it is; "" for a stranger */
  char nearest[FS_NAME_CAPACITY];   /* the nearest person, known or not; "" if the gallery is
                                     * empty */
  char runner_up[FS_NAME_CAPACITY]; /* the next person; "" if there is nobody else */
} fs_gallery_identity;

/* Who is it? The nearest person, and the next one, by the rule of the options; or nobody known. */
fs_status fs_gallery_identify(const fs_gallery *gallery, const float *embedding, size_t dimension,
                              const fs_identify_options *options, fs_gallery_identity *identity);
/* The same for the main face of a photo. FS_NO_FACE if there is none. */
fs_status fs_gallery_identify_photo(const fs_gallery *gallery, const fs_embedder *embedder,
                                    const fs_detector *detector, const fs_image *photo,
                                    const fs_identify_options *options,
                                    fs_gallery_identity *identity);

/* A photo of the gallery, and how near it is to an embedding. Frozen. */
typedef struct fs_neighbour {
  uint64_t photo;              /* its number: 0 for the first photo ever added, 1 for the second,
                                * ...; it never changes */
  float distance;              /* Euclidean */
  char name[FS_NAME_CAPACITY]; /* whose photo it is */
} fs_neighbour;

/* The k photos nearest to each of `count` embeddings, exactly: `neighbours`
 * [count, k], nearest first; of equally near ones, the one added first. Each embedding gets *found
 * = min(k, photos) neighbours (`found` may be NULL); the rest of its k have an infinite distance,
 * photo UINT64_MAX and name "". One call with many embeddings is faster than many calls. */
fs_status fs_gallery_search(const fs_gallery *gallery, const float *embeddings, size_t count,
                            size_t dimension, size_t k, fs_neighbour *neighbours, size_t capacity,
                            size_t *found);
/* Lists all photos whose distance from an embedding is at most `distance`, nearest first. */
fs_status fs_gallery_within(const fs_gallery *gallery, const float *embedding, size_t dimension,
                            float distance, fs_neighbour *neighbours, size_t capacity,
                            size_t *count);

/* A gallery in a file. It is an SQLite database in write-ahead mode: while it is open, FILE-wal and
 * FILE-shm lie beside it and belong to it. Processes may share it: one writes while others read. A
 * change first takes in what other processes changed; searches see that after fs_gallery_reload.
 * After fork the child may only search and destroy the gallery: open it again there.
 *  - SQLite's own tools may be used: VACUUM, ANALYZE, copies by VACUUM INTO or .backup (at any
 *    time; cp only while nobody has it open), a dump that was read back, indexes that are not
 *    unique.
 *  - If the file, or one beside it, is removed, renamed or replaced while the gallery is open,
 *    changes and reloads return FS_IO and change nothing: they would go to a file that nobody
 *    finds. Open it again.
 *  - A path always names a file, whatever it means to SQLite (":memory:"). FS_INVALID_ARGUMENT for
 *    one that ends in -wal, -shm or -journal.
 *
 * A gallery on a PostgreSQL server, shared by any number of hosts, is opened by its address in
 * place of a path: "postgresql://user:password@host:port/database?option=value", as in libpq, which
 * reads what is missing from PGUSER and the like and from ~/.pgpass. Messages contain no passwords.
 * libpq (14 or later) is loaded when the first address is opened. Otherwise it is as with a file:
 *  - Three tables, facestyle_..., are created at the first opening, in the first schema of the
 *    search path; one gallery a schema (another: options=-csearch_path%3DNAME).
 *  - Each host holds the whole gallery in memory and searches there; the server only stores it.
 *    Hosts write one after another. fs_gallery_reload reads only new photos, unless others were
 *    removed or replaced.
 *  - Nothing waits for ever: FS_IO after 10 seconds for a connection (connect_timeout) or for
 *    another host that writes, 20 for a statement, 30 for a server that does not answer, 600 for
 *    an answer that does not end. What is no answer to what was asked ends the connection.
 *  - If the connection is lost the call returns FS_IO, searches continue, and the next change or
 *    reload connects again. (If it is lost at the end of a change, that change may have been made:
 *    the next change or reload shows it.)
 *  - A server that was restored from an older copy holds another gallery: open it again.
 *  - A pooler may stand in front of the server, in session or in transaction mode: nothing is kept
 *    in a session beyond a transaction, and each transaction checks that its session has the
 *    search_path and the role that the address (or PGOPTIONS) names and sees the tables of this
 *    gallery. FS_IO if not; nothing is changed then.
 *  - A standby server, or a database that is read only by default, can be read; changes return
 *    FS_IO until it is promoted or changed, which is checked each time. */

#define FS_GALLERY_KEY_LENGTH 32

typedef struct fs_gallery_options {
  size_t size;
  const uint8_t *key; /* FS_GALLERY_KEY_LENGTH bytes that encrypt the stored embeddings, from the
                       * beginning on (XChaCha20-Poly1305 of libsodium, which is loaded when
                       * needed); names and notes are not encrypted. Default NULL */
  int32_t read_only;  /* refuse changes; a file in a read-only directory can be opened. Default 0 */
  int32_t create;     /* if there is no gallery and an embedder is given, begin one. Default 1 */
} fs_gallery_options;

fs_status fs_gallery_options_init(fs_gallery_options *options, size_t size);
/* Opens a gallery, or begins one. `embedder` may be NULL to open an existing one. FS_WRONG_MODEL
 * for a gallery of another model than the embedder's; FS_BAD_DATA for a file that is not a gallery,
 * or is damaged; FS_INVALID_ARGUMENT for a wrong, missing or unneeded key and for a malformed
 * address; FS_NOT_FOUND if there is no gallery and none can be begun; FS_IO if the system or the
 * server refuses, or if libsodium (for a key) or libpq cannot be loaded. */
fs_status fs_gallery_open(fs_gallery **out, const char *path, const fs_embedder *embedder,
                          const fs_gallery_options *options);

typedef struct fs_gallery_info {
  size_t size;
  uint64_t model;       /* fs_model_fingerprint of the model whose embeddings it holds */
  uint64_t people, photos;
  uint32_t dimension;   /* floats in an embedding */
  float threshold;      /* FS_DEFAULT_THRESHOLD stands for it: the model's, or the gallery's own */
  int32_t is_stored;    /* 1 in a file or on a server, 0 only in memory */
  int32_t is_encrypted; /* 1 if stored embeddings are encrypted */
  int32_t is_read_only; /* 1 if changes are refused; for a server, as of the last opening, reload
                         * or change */
} fs_gallery_info;

fs_status fs_gallery_info_get(const fs_gallery *gallery, fs_gallery_info *info);
/* Gives the gallery a threshold of its own, 0 or more, as fs_calibrate finds it for its people; it
 * is stored with the gallery. */
fs_status fs_gallery_threshold_set(fs_gallery *gallery, float threshold);
/* Takes in what other processes changed; fast if nothing did. *changed, which may be NULL, is 1 if
 * something did. */
fs_status fs_gallery_reload(fs_gallery *gallery, int32_t *changed);

typedef struct fs_enrolment_options {
  size_t size;
  const char *note; /* stored with the photo, 0 to 255 bytes; default NULL */
  float threshold;  /* a photo of somebody else within this distance is a conflict; default
                     * FS_DEFAULT_THRESHOLD */
  int32_t refuse;   /* do not add a photo that has a conflict; default 0 */
} fs_enrolment_options;

/* The result of adding a photo. */
typedef struct fs_enrolment {
  size_t size;
  uint64_t photo;   /* its number; UINT64_MAX if it was not added */
  int32_t added;    /* 1 if it was added */
  int32_t conflict; /* 1 if a photo under another name is so near that it may be the same person */
  float distance;   /* of the nearest such photo; infinite if there is none */
  char other[FS_NAME_CAPACITY]; /* whose it is; "" if there is none */
} fs_enrolment;

/* The result of adding many photos. */
typedef struct fs_gallery_report {
  size_t size;
  uint64_t added;
  uint64_t present;   /* not added: the same name has the same embedding, to the bit */
  uint64_t conflicts; /* of those added, how many are within the model's threshold of a photo of
                       * somebody else that was there before */
} fs_gallery_report;

fs_status fs_enrolment_options_init(fs_enrolment_options *options, size_t size);
/* Adds a photo and reports whether the same face is there under another name; the log gets a
 * warning too. (fs_gallery_add and fs_gallery_add_photo look for that only if warnings are logged.)
 * `enrolment` may be NULL. */
fs_status fs_gallery_enrol(fs_gallery *gallery, const char *name, const float *embedding,
                           size_t dimension, const fs_enrolment_options *options,
                           fs_enrolment *enrolment);
/* Adds `count` photos, all or none: row i of `embeddings` [count, dimension] belongs to names[i].
 * With NULL for the report they are not compared with photos of other names, which takes as long as
 * a search for each. */
fs_status fs_gallery_add_many(fs_gallery *gallery, const char *const *names,
                              const float *embeddings, size_t count, size_t dimension,
                              fs_gallery_report *report);
/* Removes a photo, and its person with the last one. FS_NOT_FOUND if it is not there. Removed and
 * replaced data leave a file for good: their bytes are overwritten and the write-ahead log is
 * emptied. (While another process reads, the log keeps them until the next removal; that is logged
 * as a warning.) On a server the rows and their index entries are deleted and vacuumed at once; the
 * bytes may remain in freed space until VACUUM FULL, in the server's write-ahead log, in replicas
 * and in backups, where a key keeps them unreadable. */
fs_status fs_gallery_remove_photo(fs_gallery *gallery, uint64_t photo);
/* Gives a photo another embedding; its number, person, time and note stay. */
fs_status fs_gallery_replace_photo(fs_gallery *gallery, uint64_t photo, const float *embedding,
                                   size_t dimension);
/* Replaces all photos of a person by `count` others, at least one. */
fs_status fs_gallery_replace_person(fs_gallery *gallery, const char *name, const float *embeddings,
                                    size_t count, size_t dimension);

/* Frozen. */
typedef struct fs_gallery_person {
  uint64_t photos;             /* at least 1 */
  int64_t created;             /* when the first photo was added, in seconds since 1970, UTC */
  char name[FS_NAME_CAPACITY];
} fs_gallery_person;

#define FS_NOTE_CAPACITY 256

/* Frozen. */
typedef struct fs_gallery_photo {
  uint64_t photo;              /* its number */
  int64_t created;             /* when it was added, in seconds since 1970, UTC */
  char name[FS_NAME_CAPACITY];
  char note[FS_NOTE_CAPACITY];
} fs_gallery_photo;

/* Lists the people, ordered by the bytes of their names. */
fs_status fs_gallery_list_people(const fs_gallery *gallery, fs_gallery_person *people,
                                 size_t capacity, size_t *count);
/* Lists the photos of a person, or of all for NULL, ordered by their numbers. */
fs_status fs_gallery_list_photos(const fs_gallery *gallery, const char *name,
                                 fs_gallery_photo *photos, size_t capacity, size_t *count);
/* The embeddings of `count` photos by their numbers: `embeddings` [count, dimension]. */
fs_status fs_gallery_embeddings(const fs_gallery *gallery, const uint64_t *photos, size_t count,
                                float *embeddings, size_t capacity);

/* Writes all photos to a file, which appears whole or not at all: .csv, a line
 * `name,created,note,model,0,1,...` for each photo; or .safetensors, with the tensor `embeddings`
 * and the texts `names`, `notes`, `created` as bytes, each text terminated by 0. Numbers can be
 * read back to the bit. Extensions may be in capitals; FS_INVALID_ARGUMENT for others. */
fs_status fs_gallery_export(const fs_gallery *gallery, const char *path);
/* Adds the photos of such a file that are not there yet, all or none; they get new numbers. A .csv
 * file may begin with a byte-order mark and have blank lines, as from spreadsheets. FS_WRONG_MODEL
 * for photos of another model. With NULL for the report they are not compared with photos of other
 * names. */
fs_status fs_gallery_import(fs_gallery *gallery, const char *path, fs_gallery_report *report);
/* The same with the photos of another gallery. */
fs_status fs_gallery_merge(fs_gallery *gallery, const fs_gallery *other, fs_gallery_report *report);
void fs_gallery_destroy(fs_gallery *gallery);

/* ---- Marks: boxes, points and names on a copy of a photo ---- */

typedef struct fs_mark_options {
  size_t size;
  const char *const *labels; /* [count] a text for each face, such as a name, at most 1024 bytes;
                              * NULL or "" for none. Default NULL: no texts */
  const int32_t *people;     /* [count] the number of each face's person, which chooses its colour:
                              * ten colours that repeat; negative: nobody known, grey. Default NULL:
                              * faces with the same text are one person's */
  float letter_height;       /* of capitals, in pixels, 5 to 1000; default 0: a sixth of the median
                              * face, at least 9, within a 110th and a 45th of the picture */
  float line_width;          /* in pixels, 1 to 200; default 0: a sixth of letter_height */
  int32_t points;            /* draw the landmarks, too; default 1 */
} fs_mark_options;

fs_status fs_mark_options_init(fs_mark_options *options, size_t size);
/* A copy of `image` with the boxes of `count` faces, their landmarks where they are known, and
 * their labels on plates of the person's colour. Plates are always inside the picture: above the
 * box if there is room, else below or in it, away from other plates and faces; a text that is too
 * long for the picture is cut off, and a picture without room for a letter gets none. Keeps 16 bits
 * and alpha; marks are opaque.
 *
 * Letters are Latin ones with their accents; Cyrillic and Greek ones are written in Latin, others
 * as a box. FS_INVALID_ARGUMENT for labels that are not UTF-8, and for coordinates that are not
 * finite or beyond 1e6. */
fs_status fs_image_mark_faces(fs_image **out, const fs_image *image, const fs_face *faces,
                              size_t count, const fs_mark_options *options);
/* A copy of `image` with a dot at each of `count` points, such as those of fs_dense_landmarks_find;
 * of points beyond its edges nothing is drawn. `radius` is in pixels, 0.5 to 200; 0: a hundredth of
 * the longer side that the points cover, at least 1. Keeps 16 bits and alpha.
 * FS_INVALID_ARGUMENT for coordinates that are not finite or beyond 1e6. */
fs_status fs_image_mark_points(fs_image **out, const fs_image *image, const fs_point *points,
                               size_t count, float radius);

/* ---- Style: paints a picture in the style of another (Gatys, Ecker and Bethge 2016) ---- */

/* What a callback wants next: go on, end with what there is, or end with FS_CANCELLED. After any
 * other number the call that it serves ends as if cancelled, with FS_INVALID_ARGUMENT. */
typedef enum fs_action { FS_CONTINUE = 0, FS_FINISH = 1, FS_CANCEL = 2 } fs_action;

/* Why a job has ended. */
typedef enum fs_style_ending {
  FS_ENDING_NONE = 0,       /* it has not: there is more to do */
  FS_ENDING_STEPS = 1,      /* all steps are done */
  FS_ENDING_CONVERGED = 2,  /* the gradient is 0 */
  FS_ENDING_STALLED = 3,    /* L-BFGS: no picture along the last direction was better */
  FS_ENDING_NOT_FINITE = 4, /* the costs overflowed a float; the picture is the last one before */
  FS_ENDING_DEADLINE = 5
} fs_style_ending;

typedef struct fs_style_job fs_style_job;

typedef struct fs_style_progress {
  size_t size;
  uint32_t step, steps;          /* evaluations of the costs and their gradient: done, of how
                                  * many */
  double content, style, total;  /* costs of the picture evaluated: total = alpha content
                                  * + beta style + gamma variation + delta temporal */
  double seconds;                /* of work, since the start */
  const fs_style_job *job;       /* for fs_style_preview; valid during the callback */
  double variation;
  uint32_t width, height;        /* of the current scale */
  fs_style_ending ending;
  double temporal;               /* mean squared difference from the frame before */
} fs_style_progress;

/* Called after each evaluation and the step of the optimiser that it led to, on the thread that
 * called fs_styler_run or fs_style_job_step, with no locks held. FS_FINISH keeps the picture so far
 * and the call returns FS_OK; FS_CANCEL drops it and the call returns FS_CANCELLED. It must not use
 * the styler; it may call other functions. */
typedef fs_action (*fs_style_callback)(const fs_style_progress *progress, void *user);

/* Frozen. */
typedef struct fs_style_layer {
  const char *name; /* "conv1_1" ... "conv5_4": after the rectifier; "conv4_2.linear": before it */
  float weight;     /* lambda, the layer's share of the cost */
} fs_style_layer;

/* Settings named after the programs that made them known; the losses are theirs, on the same
 * pictures and weights. (If 16 does not divide a picture's sides, theirs may round differently when
 * pooling.) */
typedef enum fs_style_preset {
  FS_PRESET_PYRAMID = 0,         /* "pyramid", ours: from coarse to fine by L-BFGS */
  FS_PRESET_COURSE = 1,          /* "course": the course notebook, 200 steps of Adam from noise over
                                  * the content */
  FS_PRESET_GATYS = 2,           /* "gatys": Gatys' PytorchNeuralStyleTransfer */
  FS_PRESET_NEURAL_STYLE = 3,    /* "neural-style": Johnson's; the total it prints omits
                                  * variation */
  FS_PRESET_NEURAL_STYLE_PT = 4, /* "neural-style-pt": ProGamerGov's */
  FS_PRESET_NEURAL_STYLE_TF = 5, /* "neural-style-tf": Smith's */
  FS_PRESET_CROWSONKB = 6        /* "crowsonkb": Crowson's style-transfer-pytorch; its weights are
                                  * for features 57.63 times smaller than this library's VGG-19's */
} fs_style_preset;

typedef enum fs_style_optimiser { FS_STYLE_ADAM = 0, FS_STYLE_LBFGS = 1 } fs_style_optimiser;

typedef enum fs_style_start {
  FS_START_CONTENT = 0,
  FS_START_NOISE = 1,
  FS_START_STYLE = 2, /* cropped to the picture's shape */
  FS_START_IMAGE = 3  /* start_image, scaled to the picture's size */
} fs_style_start;

typedef enum fs_pooling {
  FS_POOLING_AVERAGE = 0,
  FS_POOLING_MAX = 1,
  FS_POOLING_L2 = 2 /* 0.78 sqrt(sum of squares), as in style-transfer-pytorch */
} fs_pooling;

/* The factor of a sum of squares over H x W positions and C channels. */
typedef enum fs_cost_variant {
  FS_COST_NORMALISED = 0, /* content 1/(4 H W C), style 1/(4 C^2 (H W)^2) */
  FS_COST_LECTURE = 1,    /* content 1/2, style 1/(2 H W C) */
  FS_COST_MEANS = 2,      /* content 1/(H W C), style 1/(C^2 (H W)^2): PytorchNeuralStyleTransfer,
                           * neural-style */
  FS_COST_ROOTS = 3       /* content 1/(2 sqrt(H W C)), style 1/(4 C^2 (H W)^2): neural-style-tf */
} fs_cost_variant;

/* What a layer of the picture shall have in common with the style's. */
typedef enum fs_style_loss {
  FS_STYLE_LOSS_GRAM = 0,       /* the Gram matrix (Gatys et al. 2016), scaled by fs_cost_variant */
  FS_STYLE_LOSS_MOMENTS = 1,    /* mean and covariance of the channels: mean squared difference of
                                 * each */
  FS_STYLE_LOSS_WASSERSTEIN = 2 /* squared 2-Wasserstein distance of Gaussians with that mean and
                                 * covariance, divided by the channels; matrix roots by the twelve
                                 * steps of style-transfer-pytorch */
} fs_style_loss;

/* What the first layer sees beyond the picture's edges. */
typedef enum fs_style_edges { FS_EDGES_ZEROS = 0, FS_EDGES_REPEATED = 1 } fs_style_edges;

/* How a mask of pixels becomes a mask of a layer's units (Gatys et al., "Controlling perceptual
 * factors in neural style transfer", 2017). */
typedef enum fs_mask_kind {
  FS_MASK_INSIDE = 0, /* units that see only pixels of the mask (at least half white) */
  FS_MASK_SOFT = 1    /* each unit is weighted by the share of its own pixels inside the mask */
} fs_mask_kind;

/* Where a style is painted, and which part of it is used: masks, white where so. NULL:
 * everywhere. Frozen. */
typedef struct fs_style_region {
  const fs_image *place; /* of the content's size */
  const fs_image *part;  /* of the style's size */
} fs_style_region;

/* How much neighbouring pixels differ. */
typedef enum fs_total_variation {
  FS_VARIATION_ABSOLUTE = 0, /* sum |x - right| + |x - below| */
  FS_VARIATION_SQUARED = 1,  /* 1/2 sum (x - right)^2 + (x - below)^2, over pixels that have both
                              * (Mahendran and Vedaldi 2015) */
  FS_VARIATION_NINE_POINTS = 2 /* 2 (mean squared difference to the right / 3 + below / 3 + along
                                * the diagonals / 12), levels in 0...1, edges repeated:
                                * style-transfer-pytorch */
} fs_total_variation;

/* Whose colours the picture has (Gatys et al., "Preserving color in neural artistic style
 * transfer", 2016). */
typedef enum fs_style_colours {
  FS_COLOURS_STYLE = 0,
  FS_COLOURS_LUMINANCE = 1, /* the content's: only luma is painted */
  FS_COLOURS_CHOLESKY = 2,  /* the content's: the style is given their mean and covariance first, by
                             * Cholesky factors */
  FS_COLOURS_PRINCIPAL = 3, /* the same by symmetric roots (principal axes) */
  FS_COLOURS_HISTOGRAM = 4  /* the content's: the style is given their histograms first, channel by
                             * channel */
} fs_style_colours;

/* The defaults of members that give none below are the preset's. */
typedef struct fs_style_options {
  size_t size;
  uint32_t width, height; /* of the picture; default 0, 0: the content's. If one is 0 it follows
                           * from the other, with the content's aspect */
  uint32_t steps;         /* evaluations of the costs and their gradient, over all scales; Adam
                           * makes one step with each */
  float content_weight;   /* alpha */
  float style_weight;     /* beta */
  float learning_rate;    /* Adam's, in levels of 0...255 */
  float noise_ratio;      /* the picture starts as ratio * noise(-20...20) + (1 - ratio) *
                           * `start` */
  uint64_t seed;          /* of that noise (xoshiro256++) */
  fs_pooling pooling;
  fs_cost_variant cost;
  const char *content_layer;          /* a single one; default NULL: the preset's */
  const fs_style_layer *style_layers; /* default NULL: the preset's */
  size_t style_layer_count;           /* 1 to 16 if style_layers is given */
  fs_style_callback on_step;          /* default NULL */
  void *user;                         /* passed to on_step */
  fs_style_preset preset;             /* whose layers are used if none are given */
  fs_style_optimiser optimiser;
  uint32_t history;        /* pairs that L-BFGS keeps, 1 to 1000; a pair takes twice the picture in
                            * floats */
  uint32_t coarsest;       /* longest side of the first scale, at least 16; each next scale is twice
                            * as large. 0: a single scale */
  float averaging;         /* decay of a running mean of the pictures, which is then the result;
                            * 0: the result is the last picture */
  int32_t clamp;           /* Adam keeps levels within 0...255 */
  double deadline;         /* seconds of work, shared by the scales, after which the picture so far
                            * is the result; a step under way is finished. 0: none */
  fs_style_start start;
  float style_scale;       /* the style's longest side relative to the picture's, 0.05 to 20; its
                            * shape is kept, and Gram matrices are compared per pixel. 0: the style
                            * is cropped about its centre to the picture's shape and scaled to its
                            * size */
  fs_style_colours colours;
  fs_total_variation variation;
  float variation_weight;  /* gamma */
  const fs_style_layer *content_layers; /* in place of content_layer; default NULL */
  size_t content_layer_count;           /* 1 to 16 if content_layers is given */
  fs_style_loss style_loss;
  fs_style_edges edges;
  const fs_style_region *regions; /* one for each style. Styles of one place are mixed; those of
                                   * different places stand side by side, each with its share of the
                                   * weights. Default NULL */
  size_t region_count;            /* the number of styles if regions is given */
  fs_mask_kind mask_kind;         /* default FS_MASK_SOFT */
  const fs_image *start_image;    /* for FS_START_IMAGE; if it is `before` too, the start is the
                                   * content where before_mask is black */
  const fs_image *content_map;    /* of the content's size: the content counts 1 +
                                   * content_map_weight times where the map is white (fs_face_map).
                                   * Default NULL */
  float content_map_weight;       /* default 2 */
  float temporal_weight;          /* delta, of the mean of c (x - before)^2 over pixels and colours,
                                   * in levels; default 0 */
  const fs_image *before;         /* the frame before as it should look now, of the content's size:
                                   * see fs_flow_warp */
  const fs_image *before_mask;    /* c: white where `before` counts, of the content's size; default
                                   * NULL: everywhere */
  uint32_t tile;                  /* 64 to FS_IMAGE_MAX_SIDE: run the network on tiles of that side,
                                   * with the same costs and gradients, less memory and more time.
                                   * 0: on the whole picture */
  uint32_t depth;                 /* bits a sample of the result, 8 or 16; default 0: the content's.
                                   * Alpha is the content's, which is painted as it looks over
                                   * white */
  float preconditioning;          /* L-BFGS's steps favour low frequencies f by f^-preconditioning,
                                   * 0 to 2, so that large shapes change as fast as details: the
                                   * same costs after fewer steps. 0: not at all; presets of a
                                   * single scale by L-BFGS have 0.5. Not where styles have
                                   * masks: what these leave out stays as it is */
} fs_style_options;

/* The settings of FS_PRESET_PYRAMID. */
fs_status fs_style_options_init(fs_style_options *options, size_t size);
fs_status fs_style_options_preset(fs_style_options *options, size_t size, fs_style_preset preset);
/* Presets are numbered from 0. */
size_t fs_style_preset_count(void);
/* "pyramid", ...; static. NULL if there is no such preset. */
const char *fs_style_preset_name(fs_style_preset preset);
/* The preset in a few words, for a list: "from coarse to fine by L-BFGS"; static. NULL if
 * there is no such preset. */
const char *fs_style_preset_summary(fs_style_preset preset);

typedef struct fs_styler fs_styler;

/* FS_WRONG_MODEL for a model that is not VGG-19. */
fs_status fs_styler_create(fs_styler **out, const fs_model *vgg);
/* Repaints `content` in the style of `style`. FS_INVALID_ARGUMENT, with the number, if costs are
 * not finite at the start: weights are too large. */
fs_status fs_styler_run(fs_styler *styler, fs_image **out, const fs_image *content,
                        const fs_image *style, const fs_style_options *options);
/* How many bytes fs_styler_run adds to the process at its peak, for a content of width x height and
 * these options: correct within 10 % and 4 MB, or 24 MB with scales, which may need some weights in
 * a second layout. Each region counts as a style (FS_INVALID_ARGUMENT for more than 64). It depends
 * on fs_threads_set, and includes weights that the first run lays out and the styler keeps: later
 * runs need less. Not included: your previews, and for a moment at the start a copy of the part of
 * `style` that is used. */
fs_status fs_styler_memory_needed(const fs_styler *styler, uint32_t width, uint32_t height,
                                  const fs_style_options *options, uint64_t *bytes);
/* The picture so far, inside a callback, in the size of its scale. */
fs_status fs_style_preview(const fs_style_progress *progress, fs_image **out);
/* The costs of a given picture, with the sizes and colours of the three pictures as they are
 * (steps, seed, scales and start are ignored). `gradient` is NULL or receives d total / d pixel,
 * [height, width, 3] in R,G,B order. FS_INVALID_ARGUMENT if a cost is not finite; the message names
 * it. */
fs_status fs_styler_evaluate(fs_styler *styler, const fs_image *generated, const fs_image *content,
                             const fs_image *style, const fs_style_options *options,
                             double *content_cost, double *style_cost, double *total_cost,
                             float *gradient, size_t capacity);
void fs_styler_destroy(fs_styler *styler);

/* The style as it is painted from: with its colours moved to those of `content`, as `colours`
 * says. */
fs_status fs_style_match_colours(fs_image **out, const fs_image *style, const fs_image *content,
                                 fs_style_colours colours);
/* A content_map for a picture of width x height with these faces: white at eyes and mouth, fading
 * to black around them. FS_INVALID_ARGUMENT for faces without landmarks, as CascadeCNN finds
 * them. */
fs_status fs_face_map(fs_image **out, uint32_t width, uint32_t height, const fs_face *faces,
                      size_t count);
/* The painted frame before as it should look now, for `before` and `start_image`, and a mask, white
 * where that is known, for `before_mask`. `flow` is [height, width, 2] of the frame's size, dx, dy
 * in pixels: what is at x, y now was at x + dx, y + dy then. `back`, which may be NULL, is the flow
 * from then to now. Not known is what comes from outside, where the flow has an edge, and where
 * `flow` and `back` disagree. `count` is the length of each: 2 * width * height.
 * Source: Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", 2016, equations 5 and
 * 6. */
fs_status fs_flow_warp(fs_image **out, fs_image **mask, const fs_image *before, const float *flow,
                       const float *back, size_t count);

/* ---- Style jobs: a painting at your own pace ----
 *
 * The work of fs_styler_run, step by step: stop calling to pause, destroy to cancel, take the
 * result when it is good enough. Several jobs may share a styler's weights; the styler may be
 * destroyed before them. */

/* `styles`: 1 to 64 pictures whose Gram matrices are mixed by their weights, which need not add up
 * to 1; NULL weights: the same for all. FS_START_STYLE starts with the first. */
fs_status fs_style_job_create(fs_style_job **out, const fs_styler *styler, const fs_image *content,
                              const fs_image *const *styles, const float *weights, size_t count,
                              const fs_style_options *options);
/* Makes at least `evaluations` evaluations (a line search of L-BFGS is completed), or until the job
 * has ended, as progress->ending says. The costs are those of the last evaluation. on_step is
 * called as by fs_styler_run; FS_FINISH ends only this call, and so does FS_CANCEL, with
 * FS_CANCELLED. After FS_NO_MEMORY the job is as it was: the next call does the same work, with the
 * same bits. */
fs_status fs_style_job_step(fs_style_job *job, uint32_t evaluations, fs_style_progress *progress);
/* The picture so far, in the size of the current scale. */
fs_status fs_style_job_preview(const fs_style_job *job, fs_image **out);
/* The picture so far, in the size of the result. */
fs_status fs_style_job_result(const fs_style_job *job, fs_image **out);
/* Writes a checkpoint, from which a job with the same pictures, weights and options continues with
 * the same bits, in another process too. The file appears whole or not at all. */
fs_status fs_style_job_save(const fs_style_job *job, const char *path);
/* Continues from a checkpoint. FS_WRONG_MODEL for other pictures (16 bits and alpha count), other
 * weights of the network or another option; the message names it: "steps is 80; the checkpoint has
 * 60". FS_BAD_DATA if the file is not a checkpoint. On failure nothing changes. */
fs_status fs_style_job_load(fs_style_job *job, const char *path);
void fs_style_job_destroy(fs_style_job *job);

/* ---- Fast styles: one pass of a network, no optimiser ---- */

/* A network that has learned one style (Johnson, Alahi and Fei-Fei 2016) or several: architecture
 * "fast-style", as TensorFlow's fast-style-transfer trains it, "fast-style-resize", as PyTorch's
 * fast_neural_style does, or a graph of kind "fast-style", whose output "picture" is levels of 0 to
 * 255. */
typedef struct fs_fast_styler fs_fast_styler;

/* For a network of one style. FS_WRONG_MODEL for a model of another architecture,
 * FS_INVALID_ARGUMENT for one of several styles. */
fs_status fs_fast_styler_create(fs_fast_styler **out, const fs_model *model);
/* For a network of fs_model_info.styles styles, as many `weights`: 0 to 1e6 each, divided by their
 * sum. One weight chooses a style, several mix theirs (Dumoulin, Shlens and Kudlur, "A learned
 * representation for artistic style", 2016). Errors as above. */
fs_status fs_fast_styler_create_mixed(fs_fast_styler **out, const fs_model *model,
                                      const float *weights, size_t count);
/* `content`, of any size, in the network's style and of the same size; sides that 4 does not divide
 * are mirrored up to a multiple. FS_BAD_DATA if the network's output is not finite. */
fs_status fs_fast_styler_run(const fs_fast_styler *styler, fs_image **out, const fs_image *content);
/* How many bytes fs_fast_styler_run adds to the process at its peak, for a content of width x
 * height: correct within 10 % and 4 MB. */
fs_status fs_fast_styler_memory_needed(const fs_fast_styler *styler, uint32_t width,
                                       uint32_t height, uint64_t *bytes);
void fs_fast_styler_destroy(fs_fast_styler *styler);

/* Any style without training (Li and others, "Universal style transfer via feature transforms",
 * 2017): from the coarsest of the model's levels (up to five, VGG-19's blocks) to the finest, the
 * picture's features are given the statistics of the style's and decoded. The model's architecture
 * is "universal-style". */
typedef enum fs_universal_method {
  FS_UNIVERSAL_COVARIANCE = 0, /* mean and covariance: whitening and colouring */
  FS_UNIVERSAL_VARIANCE = 1    /* mean and variance of each channel: adaptive instance
                                * normalisation */
} fs_universal_method;

#define FS_UNIVERSAL_MAX_STYLES 16

typedef struct fs_universal_options {
  size_t size;
  fs_universal_method method; /* default FS_UNIVERSAL_COVARIANCE */
  float strength;             /* from 0, the decoded content, to 1, the style's statistics; default
                               * 0.6 */
  uint32_t levels;            /* bit 0 for level 1, the finest, to bit 4 for level 5; default 0: all
                               * that the model has */
  const float *weights;       /* of each style, 0 to 1e6, divided by their sum; default NULL:
                               * equal */
  size_t weight_count;        /* the number of styles if weights is given */
} fs_universal_options;

fs_status fs_universal_options_init(fs_universal_options *options, size_t size);

/* The model's networks with the styles' statistics. */
typedef struct fs_universal_styler fs_universal_styler;

/* `styles`: 1 to FS_UNIVERSAL_MAX_STYLES pictures, each at least twice as large as the reduction of
 * the coarsest level: 32x32 with five levels. Larger style pictures give larger strokes.
 * FS_WRONG_MODEL for a model of another architecture, FS_BAD_DATA for one that lacks a part or has
 * numbers that are not finite, FS_INTERNAL if a decomposition does not converge. */
fs_status fs_universal_styler_create(fs_universal_styler **out, const fs_model *model,
                                     const fs_image *const *styles, size_t count);
/* `content` in the style of the styles, of the same size: at least 32x32 if level 5 is used, half
 * of that for each level less. Errors as above. */
fs_status fs_universal_styler_run(const fs_universal_styler *styler, fs_image **out,
                                  const fs_image *content, const fs_universal_options *options);
/* As fs_fast_styler_memory_needed, for all levels. */
fs_status fs_universal_styler_memory_needed(const fs_universal_styler *styler, uint32_t width,
                                            uint32_t height, uint64_t *bytes);
void fs_universal_styler_destroy(fs_universal_styler *styler);

/* Trains a network of the architecture "fast-style-resize" for one style, with VGG-19 (Johnson,
 * Alahi and Fei-Fei 2016): its pictures shall have the photos' features (at conv3_3) and the
 * style's Gram matrices (at conv1_2, conv2_2, conv3_3 and conv4_3). Threads that share a trainer
 * wait for each other. */
typedef struct fs_fast_trainer_options {
  size_t size;
  uint32_t filters;      /* of the network's first layer, 1 to 256; default 32 */
  uint32_t blocks;       /* residual blocks, 1 to 64; default 5 */
  uint32_t side;         /* of the training pictures, a multiple of 16 from 32 to 2048; default
                          * 256 */
  uint32_t scales;       /* 2: the style is matched at half the size too (Wang and others 2017);
                          * default 1 */
  float content_weight;  /* default 1 */
  float style_weight;    /* of each layer and scale; default 0.0001 */
  float smoothness;      /* of the mean squared difference of neighbours; default 0.001 */
  float rate;            /* Adam's; default 0.001 */
  uint32_t steps;        /* the rate falls, by half a cosine, to a hundredth at this step; default
                          * 0: it stays */
  uint64_t seed;         /* of the initial weights; default 1 */
  const fs_model *start; /* a model of the same network, filters and blocks, whose weights the
                          * training begins with: another style's saves half of the steps; default
                          * NULL: random weights */
} fs_fast_trainer_options;

/* The costs before a step: means over its photos, weighted. */
typedef struct fs_fast_training_step {
  size_t size;
  uint32_t step;         /* steps done */
  double content, style, smoothness, total;
} fs_fast_training_step;

fs_status fs_fast_trainer_options_init(fs_fast_trainer_options *options, size_t size);

typedef struct fs_fast_trainer fs_fast_trainer;

/* `style` is cropped about its centre and scaled to side x side. FS_BAD_DATA for a start of another
 * network, FS_WRONG_MODEL if `vgg` is none. */
fs_status fs_fast_trainer_create(fs_fast_trainer **out, const fs_model *vgg, const fs_image *style,
                                 const fs_fast_trainer_options *options);
/* One step on 1 to 1024 photos, each cropped and scaled like the style. `step` may be NULL.
 * FS_BAD_DATA if the cost is not finite; nothing changes then. */
fs_status fs_fast_trainer_step(fs_fast_trainer *trainer, const fs_image *const *contents,
                               size_t count, fs_fast_training_step *step);
/* Writes a checkpoint, as fs_trainer_save. The photos are the caller's: it knows by `step` which
 * come next. */
fs_status fs_fast_trainer_save(fs_fast_trainer *trainer, const char *path);
/* Continues from a checkpoint, with the same bits; errors as of fs_trainer_resume. The style and
 * all options must be those that the training began with. */
fs_status fs_fast_trainer_resume(fs_fast_trainer *trainer, const char *path);
/* Writes the network as it is: a model for fs_fast_styler_create. `texts` may be NULL. */
fs_status fs_fast_trainer_save_model(fs_fast_trainer *trainer, const char *path,
                                     fs_precision precision, const fs_model_texts *texts);
void fs_fast_trainer_destroy(fs_fast_trainer *trainer);

/* ---- Enlarging: pictures with more pixels, by a network ---- */

/* A network of the architecture "enlarger", which has learned from photos and their reductions what
 * the pixels between pixels are. */
typedef struct fs_enlarger fs_enlarger;

/* FS_WRONG_MODEL for a model of another architecture. */
fs_status fs_enlarger_create(fs_enlarger **out, const fs_model *model);
/* How many times longer the sides of a result are; 0 for NULL and other bad handles. */
uint32_t fs_enlarger_factor(const fs_enlarger *enlarger);
/* `picture`, of any size whose result is a picture too, with sides that are fs_enlarger_factor
 * times as long. 16 bits and alpha are kept. It is enlarged tile by tile: a large picture takes
 * little more memory than its result. FS_BAD_DATA if the network's output is not finite. */
fs_status fs_enlarger_run(const fs_enlarger *enlarger, fs_image **out, const fs_image *picture);
/* How many bytes fs_enlarger_run adds to the process at its peak, for a picture of width x height,
 * 8 bits and opaque: correct within 10 % and 4 MB. */
fs_status fs_enlarger_memory_needed(const fs_enlarger *enlarger, uint32_t width, uint32_t height,
                                    uint64_t *bytes);
void fs_enlarger_destroy(fs_enlarger *enlarger);

/* Trains a network of the architecture "enlarger": squares are cut from photos and reduced by
 * FS_BICUBIC; the network's enlargements shall have the squares' pixels, and with VGG-19 their
 * features (at conv2_2; Johnson, Alahi and Fei-Fei 2016), which makes them sharper and a little
 * less exact. Threads that share a trainer wait for each other. */
typedef struct fs_enlarger_trainer_options {
  size_t size;
  uint32_t factor;       /* of the network, 2 to 8; default 2 */
  uint32_t filters;      /* of each layer, 1 to 256; default 32 */
  uint32_t blocks;       /* residual blocks, 1 to 64; default 4 */
  uint32_t side;         /* of the squares, a multiple of factor from 32 to 1024, more than 8 *
                          * factor; default 96 */
  float pixel_weight;    /* of the mean difference of samples, in parts of white; default 1 */
  float feature_weight;  /* of the mean squared difference of features; default 0.00001 */
  float rate;            /* Adam's; default 0.001 */
  uint32_t steps;        /* the rate falls, by half a cosine, to a hundredth at this step; default
                          * 0: it stays */
  uint64_t seed;         /* of the initial weights and of the squares; default 1 */
  const fs_model *start; /* a model of the same filters and blocks, whose weights the training
                          * begins with; of another factor all but those of its last layers.
                          * Default NULL: random weights that enlarge as FS_BICUBIC does */
} fs_enlarger_trainer_options;

/* The costs before a step: means over its squares, weighted. */
typedef struct fs_enlarger_training_step {
  size_t size;
  uint32_t step;         /* steps done */
  double pixels, features, total;
} fs_enlarger_training_step;

fs_status fs_enlarger_trainer_options_init(fs_enlarger_trainer_options *options, size_t size);

typedef struct fs_enlarger_trainer fs_enlarger_trainer;

/* `vgg` may be NULL: only pixels are compared. FS_BAD_DATA for a start of another network,
 * FS_WRONG_MODEL if `vgg` is no VGG-19. */
fs_status fs_enlarger_trainer_create(fs_enlarger_trainer **out, const fs_model *vgg,
                                     const fs_enlarger_trainer_options *options);
/* One step on a square of each of 1 to 1024 photos, none smaller than a square. Its place in the
 * photo is a function of seed, step and the photo's place in `photos`. `step` may be NULL.
 * FS_BAD_DATA if the cost is not finite; nothing changes then. */
fs_status fs_enlarger_trainer_step(fs_enlarger_trainer *trainer, const fs_image *const *photos,
                                   size_t count, fs_enlarger_training_step *step);
/* Writes a checkpoint, as fs_fast_trainer_save. */
fs_status fs_enlarger_trainer_save(fs_enlarger_trainer *trainer, const char *path);
/* Continues from a checkpoint, with the same bits; errors as of fs_trainer_resume. All options, and
 * whether there is a VGG-19, must be those that the training began with. */
fs_status fs_enlarger_trainer_resume(fs_enlarger_trainer *trainer, const char *path);
/* Writes the network as it is: a model for fs_enlarger_create. `texts` may be NULL. */
fs_status fs_enlarger_trainer_save_model(fs_enlarger_trainer *trainer, const char *path,
                                         fs_precision precision, const fs_model_texts *texts);
void fs_enlarger_trainer_destroy(fs_enlarger_trainer *trainer);

/* ---- Frames: a camera's pictures, read in place and never kept ---- */

/* The weights of red, green and blue in Y: ITU-R BT.601 or BT.709. What made the frame decides, not
 * its size. BT.601: cameras that do not say otherwise, anything that was a JPEG, and Y that ffmpeg
 * or OpenCV computed from RGB, at any size, unless told otherwise. BT.709: HD video, whose Y, U and
 * V decoders pass on, as does ffmpeg -pix_fmt nv12, scaled or not. */
typedef enum fs_colour_matrix { FS_BT601 = 0, FS_BT709 = 1 } fs_colour_matrix;
/* Limited: Y from 16 to 235, U and V from 16 to 240. Full: all from 0 to 255, as in JPEG. From
 * MJPEG ffmpeg 7 makes frames of limited range and ffmpeg 9 of full range, unless told: -vf
 * scale=out_range=tv is FS_LIMITED_RANGE. */
typedef enum fs_colour_range { FS_LIMITED_RANGE = 0, FS_FULL_RANGE = 1 } fs_colour_range;

/* Pixels in your memory, as the camera's driver describes them. FS_NV12, FS_NV21 and FS_I420 have
 * one U and one V for a square of four pixels, FS_YUYV for two pixels of a row. If a width or
 * height is odd, chroma rounds up: a row of FS_NV12's second plane has 2 * ((width + 1) / 2) bytes,
 * one of FS_YUYV 4 * ((width + 1) / 2), and planes of chroma have (height + 1) / 2 rows. */
typedef struct fs_frame {
  size_t size;               /* sizeof(fs_frame) */
  const uint8_t *planes[3];  /* the top row of each; those that the format does not have are
                              * ignored */
  size_t byte_counts[3];     /* of each plane: at least stride * (rows - 1) + one row's bytes */
  size_t strides[3];         /* bytes from one row to the next; 0 if rows are packed */
  uint32_t width, height;    /* in memory, before rotation */
  fs_pixel_format format;
  uint32_t rotation;         /* degrees clockwise that turn it upright: 0, 90, 180 or 270 */
  int32_t mirrored;          /* exchange left and right after the rotation, as of a mirror image */
  fs_colour_matrix matrix;   /* matrix and range apply to FS_NV12 to FS_YUYV */
  fs_colour_range range;
} fs_frame;

/* All zeros but `size`: FS_RGB, upright, FS_BT601, FS_LIMITED_RANGE. */
fs_status fs_frame_init(fs_frame *frame, size_t size);
/* The frame's upright picture, `height` wide and `width` high if it is turned by 90 or 270 degrees;
 * or the part of it in `region`, and then only that part of the frame is read. NULL region: all.
 * Colours are correct to one level. Alpha is ignored: a fourth byte may be padding. 16-bit samples
 * become 8. FS_INVALID_ARGUMENT for a plane that is too short and a region that is not inside. */
fs_status fs_image_from_frame(fs_image **out, const fs_frame *frame, const fs_region *region);

/* As fs_detector_find in the picture of fs_image_from_frame, and in its pixels: faces are found
 * upright, however the frame lies, and a "left eye" only makes sense there. CascadeCNN reads only
 * luma: no chroma of a video format is read. `region` replaces the options'; NULL keeps that
 * one. */
fs_status fs_detector_find_frame(const fs_detector *detector, const fs_frame *frame,
                                 const fs_region *region, fs_face *faces, size_t capacity,
                                 size_t *count);
/* As fs_embedder_align, for a face that fs_detector_find_frame found. */
fs_status fs_embedder_align_frame(const fs_embedder *embedder, fs_image **out,
                                  const fs_frame *frame, const fs_face *face);
/* As fs_embedder_embed. Only the faces are read. */
fs_status fs_embedder_embed_frame(const fs_embedder *embedder, const fs_frame *frame,
                                  const fs_face *faces, size_t count, float *embeddings,
                                  size_t capacity);

/* ---- Quality: is a face good enough to be recognised? ---- */

typedef enum fs_quality_reason { /* bits */
  FS_QUALITY_SMALL = 1,    /* too few pixels between the eyes */
  FS_QUALITY_BLURRED = 2,
  FS_QUALITY_TURNED = 4,   /* yaw or pitch */
  FS_QUALITY_TILTED = 8,   /* roll */
  FS_QUALITY_DARK = 16,    /* in the mean, or in a large part */
  FS_QUALITY_BRIGHT = 32,  /* the same */
  FS_QUALITY_FLAT = 64,    /* too little contrast */
  FS_QUALITY_CUT_OFF = 128 /* by the picture's edge */
} fs_quality_reason;

/* A face is rejected below a min_ value and above a max_ value. */
typedef struct fs_quality_options {
  size_t size;
  float min_eye_distance; /* pixels; default 20 */
  float min_sharpness;    /* default 30 */
  float max_yaw;          /* degrees to either side; default 40 */
  float max_pitch;        /* default 30 */
  float max_roll;         /* default 45 */
  float min_brightness;   /* 0 to 255; default 50 */
  float max_brightness;   /* default 210 */
  float max_clipped;      /* share of the face without detail, dark and bright each; default 0.25 */
  float min_contrast;     /* default 15 */
  float max_outside;      /* share of the face; default 0.05 */
} fs_quality_options;

/* Light and sharpness are measured in the aligned face, 112 pixels wide, in the middle 60 % of its
 * width and 75 % of its height: nearly all skin. A face without landmarks (NaN) is measured as if
 * the mean face, looking straight ahead, filled its box: its pose is NaN and gives no reason. */
typedef struct fs_quality {
  size_t size;
  uint32_t reasons;     /* bits of fs_quality_reason; 0: accepted */
  float score;          /* 0 to 1: ranks photos of a person; not a probability */
  float eye_distance;   /* pixels of the picture; without landmarks 0.294 of the box's longer
                         * side */
  float sharpness;      /* variance of the Laplacian, levels squared (Pech-Pacheco et al. 2000) */
  float yaw;            /* degrees, from five landmarks and a mean face: useful up to about 60
                         * degrees, +- 10; positive if the nose points to the right of the
                         * picture */
  float pitch;          /* positive if the nose points down */
  float roll;           /* positive if the head is turned clockwise */
  float brightness;     /* mean of 0.299 R + 0.587 G + 0.114 B */
  float contrast;       /* its standard deviation */
  float clipped_dark;   /* share of the pixels below 5 */
  float clipped_bright; /* share of the pixels above 250 */
  float outside;        /* share of the face beyond the picture's edges */
} fs_quality;

fs_status fs_quality_options_init(fs_quality_options *options, size_t size);
/* FS_INVALID_ARGUMENT for limits that are NaN, and landmarks that are infinite or coincide. The
 * face's box is used only if landmarks are NaN, and must have an area then. */
fs_status fs_face_quality(const fs_image *image, const fs_face *face,
                          const fs_quality_options *options, fs_quality *quality);
/* The same for a face of a frame. Only the face is read. */
fs_status fs_face_quality_frame(const fs_frame *frame, const fs_face *face,
                                const fs_quality_options *options, fs_quality *quality);
/* "too small", ...; of one bit; static, never NULL. */
const char *fs_quality_reason_text(fs_quality_reason reason);

/* ---- Liveness: is a face before the camera a person's, or a picture of one? ----
 *
 * By networks of MiniFASNet's kind (Minivision 2020), converted (docs/reference/models.md): models
 * "graph" whose metadata say the "kind" liveness. Each sees a part of the photo, "crop" times as
 * wide and high as the face's box, less where the photo ends. docs/reference/liveness.md says what
 * they stop: prints and screens held before a camera, mostly; not masks, and nothing that does not
 * pass through a camera of yours. */

typedef struct fs_liveness fs_liveness;

/* From 1 to 8 models, whose probabilities are averaged; the published ones belong together. NULL
 * and 0: the installed "liveness-2.7" and "liveness-4.0". FS_WRONG_MODEL for a model of another
 * kind. */
fs_status fs_liveness_create(fs_liveness **out, const fs_model *const *models, size_t count);

typedef struct fs_liveness_verdict {
  size_t size;
  float score;     /* 0 to 1: the probability of a living person, by the networks */
  int32_t is_live; /* 1 if that is more probable than either of the kinds of pictures */
} fs_liveness_verdict;

/* Of a face that a detector found, of which only the box is used. FS_INVALID_ARGUMENT for a box
 * without an area. */
fs_status fs_liveness_check(const fs_liveness *liveness, const fs_image *image, const fs_face *face,
                            fs_liveness_verdict *verdict);
/* The same for a face of a frame, of which no more than the part is read. */
fs_status fs_liveness_check_frame(const fs_liveness *liveness, const fs_frame *frame,
                                  const fs_face *face, fs_liveness_verdict *verdict);
void fs_liveness_destroy(fs_liveness *liveness);

/* ---- Dense points: many landmarks of a face, for drawing and measuring ----
 *
 * By a network of PFLD's kind (Guo et al. 2019) that was converted (docs/reference/models.md): a
 * model "graph" whose metadata say the "kind" landmarks. How many points there are, and which is
 * which, is the model's: 68 as iBUG has them, 98 as WFLW, or 106. */

typedef struct fs_dense_landmarks fs_dense_landmarks;

/* FS_WRONG_MODEL for a model of another kind. */
fs_status fs_dense_landmarks_create(fs_dense_landmarks **out, const fs_model *model);
size_t fs_dense_landmarks_count(const fs_dense_landmarks *landmarks); /* of a face; 0 for NULL */
/* Writes the points of a face that a detector found, in pixels of the picture; some may lie beyond
 * its edges. Only the face's box is used: FS_INVALID_ARGUMENT if it has no area. `capacity` is at
 * least fs_dense_landmarks_count(). */
fs_status fs_dense_landmarks_find(const fs_dense_landmarks *landmarks, const fs_image *image,
                                  const fs_face *face, fs_point *points, size_t capacity);
/* The same for a face of a frame, of which no more than the part is read. */
fs_status fs_dense_landmarks_find_frame(const fs_dense_landmarks *landmarks, const fs_frame *frame,
                                        const fs_face *face, fs_point *points, size_t capacity);
void fs_dense_landmarks_destroy(fs_dense_landmarks *landmarks);

/* How far eyes and mouth are open: the mean height between upper and lower edge, of the inner lips,
 * over the width from corner to corner (Soukupova and Cech 2016). An open eye has 0.2 to 0.4, a
 * closed one less than 0.15; left is as seen. Frozen. */
typedef struct fs_face_openness {
  float left_eye, right_eye, mouth;
} fs_face_openness;

/* From the points that fs_dense_landmarks_find writes. FS_INVALID_ARGUMENT for another number than
 * 68 (iBUG) or 98 (WFLW), and for an eye or a mouth without a width. */
fs_status fs_face_openness_get(const fs_point *points, size_t count, fs_face_openness *openness);

/* ---- Tracker: follows faces from frame to frame, so that a person who passes is one event ----
 *
 * A tracker compares places, not faces: whoever stands where another stood a moment before is the
 * same track. A program that identifies when it gets FS_TRACK_IDENTIFY, and compares with what it
 * knew of the track, notices, and calls fs_tracker_replace. */

typedef enum fs_track_event { /* bits */
  FS_TRACK_BEGUN = 1,    /* the person has come */
  FS_TRACK_BEST = 2,     /* the best photo of the person so far */
  FS_TRACK_IDENTIFY = 4, /* time to identify: the track never was, or long ago, or the photo is much
                          * better now, or another person may stand there (identify_gap) */
  FS_TRACK_RETURNED = 8  /* the face is back after one or more frames without it */
} fs_track_event;

/* Times are in seconds, or in any other unit that you count frames by. */
typedef struct fs_tracker_options {
  size_t size;
  float min_overlap;       /* intersection over union with the predicted box, above 0 and at most 1;
                            * default 0.3 */
  float max_distance;      /* without such an overlap: of the centres, in sides of the larger box;
                            * default 0.6 */
  uint32_t max_missed;     /* frames in a row without the face after which its track ends; default
                            * 10 */
  uint32_t min_seen;       /* frames with the face after which its track has begun, at least 1;
                            * default 2 */
  double identify_every;   /* time between identifications; default 0: time is no reason */
  float identify_better;   /* identify again at this many times the quality of the last time, above
                            * 1; default 1.5 */
  uint32_t identify_gap;   /* frames in a row without the face after which to identify again, as
                            * another person may stand there; default 1. Not 0: also when tracks
                            * part that were so close that they may have been exchanged, and for a
                            * face that jumps. 0: never for these reasons */
  uint32_t max_tracks;     /* at a time, 1 to 1024; default 64 */
} fs_tracker_options;

/* What the tracker made of a face of the frame. Frozen. */
typedef struct fs_tracked {
  uint64_t track;  /* from 1, never used twice; 0 if max_tracks left no room for the face */
  uint32_t events; /* bits of fs_track_event */
  int32_t begun;   /* 1 from FS_TRACK_BEGUN on */
} fs_tracked;

/* Frozen. */
typedef struct fs_track {
  uint64_t track;
  uint32_t seen, missed; /* frames with the face; frames since the last of them */
  double first_time, last_time;
  fs_face face;          /* the last one */
  float best_quality;
  uint64_t best_frame;   /* frames count from 1, one an update */
  double best_time;
  fs_face best_face;
  int32_t begun;
} fs_track;

typedef struct fs_tracker fs_tracker;

fs_status fs_tracker_options_init(fs_tracker_options *options, size_t size);
/* A tracker holds no pictures, and at most max_tracks tracks. */
fs_status fs_tracker_create(fs_tracker **out, const fs_tracker_options *options);
/* Takes the faces of the next frame and writes an fs_tracked for each. Only their boxes are used.
 * FS_INVALID_ARGUMENT for faces without a box, or more than 1024; nothing changes then. `qualities`
 * [count] are 0 or more, such as fs_quality.score; NULL: score * sqrt(width * height). `time` is
 * not less than the last frame's. The same faces always give the same tracks. */
fs_status fs_tracker_update(fs_tracker *tracker, const fs_face *faces, const float *qualities,
                            size_t count, double time, fs_tracked *tracked, size_t capacity);
/* The photo was of no use: the next frame with the face gets FS_TRACK_IDENTIFY again. FS_NOT_FOUND
 * if there is no such track. */
fs_status fs_tracker_identify_again(fs_tracker *tracker, uint64_t track);
/* It is another person now: the track ends, and its face continues as a new track, *next, which has
 * begun and counts as identified. FS_NOT_FOUND if there is no such track, FS_INVALID_ARGUMENT if it
 * has not begun, or its face was not in the last frame. */
fs_status fs_tracker_replace(fs_tracker *tracker, uint64_t track, uint64_t *next);
/* Lists the tracks that the last fs_tracker_update or fs_tracker_finish, and fs_tracker_replace
 * since then, ended, the oldest first. Tracks that never began are left out. */
fs_status fs_tracker_ended(const fs_tracker *tracker, fs_track *tracks, size_t capacity,
                           size_t *count);
/* Lists the current tracks, begun or not, the oldest first. */
fs_status fs_tracker_tracks(const fs_tracker *tracker, fs_track *tracks, size_t capacity,
                            size_t *count);
/* Ends all tracks. */
fs_status fs_tracker_finish(fs_tracker *tracker);
void fs_tracker_destroy(fs_tracker *tracker);

/* ---- Identification: who is it, on arrays of your own ---- */

typedef struct fs_identity {
  size_t size;
  int32_t known;            /* 1 if the nearest person is within the threshold, and nearer than the
                             * next person by the margin */
  int32_t ambiguous;        /* 1 if within the threshold, but not by the margin: a stranger, then */
  int32_t label;            /* who it is; INT32_MIN for a stranger */
  int32_t nearest;          /* the nearest person, known or not; INT32_MIN if there is nobody */
  int32_t runner_up;        /* the next person; INT32_MIN if there is nobody else */
  float distance;           /* of the nearest person; infinite if there is nobody */
  float runner_up_distance; /* infinite if there is nobody else */
  float margin;             /* runner_up_distance - distance; negative if a vote elected a person
                             * who is farther */
  float threshold;          /* the one that was used */
  uint64_t photo;           /* row of the nearest person's nearest photo; UINT64_MAX if there is
                             * nobody */
  uint32_t votes;           /* of the nearest person, for FS_RULE_VOTE; else 0 */
} fs_identity;

/* Compares `probe` [dimension] with `embeddings` [count, dimension], photos of the people that
 * `labels` [count] name by any numbers. With no photos the answer is a stranger. The options are
 * those of fs_gallery_identify; they must have a threshold. */
fs_status fs_identify(const float *embeddings, const int32_t *labels, size_t count,
                      size_t dimension, const float *probe, const fs_identify_options *options,
                      fs_identity *identity);

/* ---- Layers: what a network's units respond to, and where in a picture ---- */

/* The layers that a model can be asked for, in their order; 0 for a model of several networks. */
size_t fs_model_layer_count(const fs_model *model);
/* "conv1_1"; borrowed. NULL if index >= fs_model_layer_count(model). */
const char *fs_model_layer_name(const fs_model *model, size_t index);

/* Along either axis the unit of row or column u sees the `field` pixels of the network's input that
 * begin with start + stride * u; those outside the picture are the network's padding. If that does
 * not describe the fields (units that see the whole picture, branches that move differently),
 * `field`, `stride` and `start` are 0. */
typedef struct fs_layer_info {
  size_t size;
  uint32_t units; /* its channels */
  uint32_t field, stride;
  int32_t start;
} fs_layer_info;

/* FS_NOT_FOUND for a name that the model lacks; the message suggests the nearest. FS_WRONG_MODEL
 * for a model of several networks. */
fs_status fs_model_layer_info_get(const fs_model *model, const char *name, fs_layer_info *info);
/* The output of a layer for a picture: `values` [height, width, channels], whose sides `shape`
 * receives. `layer` is "conv1_1" ... "conv5_4" (after the rectifier) or "pool1" ... "pool5" of
 * VGG-19, at the picture's own size; "3a", "3b", "3c", "4a", "4e", "5a", "5b" or "embedding" of
 * nn4.small2 (96x96); "embedding" of dlib-resnet (150x150); see fs_model_layer_name. With capacity
 * 0 and values NULL only the shape is written. `pooling` applies to VGG-19 only. */
fs_status fs_model_features(const fs_model *model, const fs_image *image, const char *layer,
                            fs_pooling pooling, float *values, size_t capacity, uint32_t shape[3]);

#define FS_UNIT_MAX_PATCHES 64

typedef struct fs_unit_search_options {
  size_t size;
  uint32_t patches;      /* kept of each unit, 1 to FS_UNIT_MAX_PATCHES; default 9 */
  uint32_t per_picture;  /* of one picture, 1 to FS_UNIT_MAX_PATCHES; default 1. Fields that overlap
                          * by more than half their area count as one place */
  uint32_t longest_side; /* pictures with a longer side are reduced to it, 1 to FS_IMAGE_MAX_SIDE;
                          * 0: never; default 512. A network that takes one size gets that size */
  int32_t inside;        /* only places whose whole field lies inside the picture; default 0 */
  fs_pooling pooling;    /* for VGG-19 only; default FS_POOLING_MAX, with which it was trained */
  const uint32_t *units; /* those to search for; default NULL: all of the layer's */
  size_t unit_count;
} fs_unit_search_options;

/* A place that a unit responds to. A picture's number is 0 for the first one added, 1 for the
 * next. Frozen. */
typedef struct fs_unit_patch {
  float activation;       /* more than 0 */
  uint32_t picture;
  uint32_t row, column;   /* of the unit in the layer's output for the picture */
  /* Its field, in the picture's own pixels, also beyond its edges: all pixels that the field
   * touches, so that sizes differ by one if the picture was reduced. */
  int32_t x, y;
  uint32_t width, height;
  fs_region region;       /* the part of the field inside the picture; never empty */
} fs_unit_patch;

/* The strongest responses of a layer's units over a set of pictures (Zeiler and Fergus 2014, figure
 * 2). Pictures are added one at a time and not kept, so a set may have any size. Threads that share
 * a search wait for each other. */
typedef struct fs_unit_search fs_unit_search;

fs_status fs_unit_search_options_init(fs_unit_search_options *options, size_t size);
/* Errors of fs_model_layer_info_get, and FS_INVALID_ARGUMENT for a unit that the layer lacks. */
fs_status fs_unit_search_create(fs_unit_search **out, const fs_model *model, const char *layer,
                                const fs_unit_search_options *options);
/* Adds a picture, of any size that the network takes; one smaller than a field is padded as the
 * network does. A picture that fails gets no number and changes nothing. */
fs_status fs_unit_search_add(fs_unit_search *search, const fs_image *picture);
/* Lists a unit's patches, the strongest first; of equal ones the earlier picture's, then the upper,
 * then the left one. Only responses above 0 count, so there may be fewer than the options ask for.
 * FS_INVALID_ARGUMENT for a unit that is not searched for. */
fs_status fs_unit_search_patches(const fs_unit_search *search, uint32_t unit,
                                 fs_unit_patch *patches, size_t capacity, size_t *count);
void fs_unit_search_destroy(fs_unit_search *search);
/* A patch's whole field, cut from its picture (the one that was added); mid-grey beyond the
 * edges. */
fs_status fs_unit_patch_cut(fs_image **out, const fs_image *picture, const fs_unit_patch *patch);

typedef enum fs_palette {
  FS_PALETTE_GREY = 0,   /* black to white */
  FS_PALETTE_VIRIDIS = 1 /* dark blue over green to yellow, perceptually even; matplotlib's to 6
                          * levels */
} fs_palette;

/* Numbers as a picture: pixel x, y shows values[stride * (width * y + x)], of `count` values. The
 * palette's first colour is for `lowest`, for all below and for NaN, its last for `highest` and all
 * above. Both are finite; if they are equal all pixels have the first colour. For unit u of
 * fs_model_features: values + u, count - u, stride = channels, from 0 to the largest value of the
 * layer (so that units compare) or of the unit. */
fs_status fs_image_from_map(fs_image **out, const float *values, size_t count, uint32_t width,
                            uint32_t height, size_t stride, float lowest, float highest,
                            fs_palette palette);

/* What a rectifier does on the way back from a unit to the pixels. All else passes back its
 * derivative, a rectifier with slopes too; a maximum's goes to the place that won (its switch). */
typedef enum fs_way_back {
  FS_WAY_BACK_DECONVOLUTION = 0, /* rectifies what comes back, whatever went forward: the
                                  * deconvolution network of Zeiler and Fergus 2014 */
  FS_WAY_BACK_GUIDED = 1,        /* passes what is positive where the unit answered: guided
                                  * backpropagation, Springenberg and others 2015 */
  FS_WAY_BACK_GRADIENT = 2       /* the derivative of the answer by each level */
} fs_way_back;

/* Which pixels a unit's answer comes from: `values` [height, width, 3], by R, G and B, those of the
 * picture; 0 outside the unit's field. With FS_WAY_BACK_GRADIENT they are d answer / d level, for a
 * level of 0 to 255; the other ways are on that scale. `place` is the unit's {row, column} in the
 * layer's output, or NULL: its strongest, of equal ones the upper, then the left one. `patch` (may
 * be NULL) receives the place, its answer and its field; `picture` is 0. `layer` and `pooling` are
 * those of fs_model_features, and a network of fixed size takes pictures of that size. An answer of
 * 0 behind a rectifier has no gradient: all is 0. With several units in one picture, each call goes
 * through the network again; only the unit's field is gone through backwards.
 * Errors of fs_model_layer_info_get, and FS_INVALID_ARGUMENT for a unit or a place that the layer
 * lacks, a picture of another size and a capacity below height * width * 3. */
fs_status fs_model_unit_pixels(const fs_model *model, const fs_image *picture, const char *layer,
                               uint32_t unit, const uint32_t place[2], fs_way_back way_back,
                               fs_pooling pooling, float *values, size_t capacity,
                               fs_unit_patch *patch);
/* Signed numbers as a picture: `values` [height, width, 3]; 0 and NaN are mid-grey, `largest` and
 * more white and -largest black: level = 128 + 127 value / largest. `largest` is more than 0, or 0:
 * what one in 200 of the magnitudes that are not 0 is beyond, as a few are far larger than all
 * others. fs_unit_patch_cut cuts a unit's field out of it. */
fs_status fs_image_from_gradient(fs_image **out, const float *values, size_t count, uint32_t width,
                                 uint32_t height, float largest);
/* How much each pixel counts: `heat` [height, width], the root of the sum of the squares of a
 * pixel's three numbers of `gradient` [height, width, 3], then blurred by a Gaussian filter of that
 * deviation in pixels, 0 (none) to 64: a gradient's single pixels say little. */
fs_status fs_gradient_heat(const float *gradient, size_t count, uint32_t width, uint32_t height,
                           float blur, float *heat, size_t capacity);
/* A heat map over a picture: `heat` [height, width] of the picture in FS_PALETTE_VIRIDIS from 0 to
 * `highest`, over the picture in grey. Of two pictures with one `highest`, the maps compare. */
fs_status fs_image_from_heat(fs_image **out, const fs_image *picture, const float *heat,
                             size_t count, float highest);

/* ---- Augmentation: random variations of a picture, for a network to learn from ---- */

typedef enum fs_strength {
  FS_AUGMENT_NONE = 0,     /* no change */
  FS_AUGMENT_STANDARD = 1, /* mirror, small movements, light */
  FS_AUGMENT_STRONG = 2    /* more of it, and poor cameras, compression and occlusion */
} fs_strength;

/* Probabilities are 0 to 1; ranges are drawn from uniformly. Lengths are shares of the side. */
typedef struct fs_augmentation {
  size_t size;
  float flip;               /* probability of a mirror image */
  float shift;              /* across and down, to either side; at most 0.5 */
  float turn;               /* radians, to either side */
  float scale;              /* by a factor of 1 - scale to 1 + scale; at most 0.9 */
  float brightness;         /* levels of 255, up or down */
  float contrast;           /* differences from mid-grey times 1 - contrast to 1 + contrast; at most
                             * 1 */
  float grey;               /* probability of losing all colour */
  float blur;               /* probability of a Gaussian blur */
  float blur_size;          /* its largest standard deviation, at most 0.1; default 0.015 */
  float coarse;             /* probability of reduction to few pixels and back */
  uint32_t coarsest;        /* the fewest pixels of a side, 4 to 4096; the most are twice as many;
                             * default 32 */
  float compression;        /* probability of JPEG compression */
  uint32_t worst_quality;   /* its lowest quality, 1 to 100; default 20 */
  float noise;              /* probability of noise */
  float noise_levels;       /* its largest standard deviation in levels, at most 255; default 12 */
  float occlusion;          /* probability of a rectangle of one colour in front */
  float occlusion_size;     /* its longest side; default 0.4 */
  float blend;              /* probability of mixing in another face of the set; only with a
                             * teacher, which sees the same picture */
  float blend_share;        /* the largest share of the other; default 0.5 */
} fs_augmentation;

/* The settings of a strength. */
fs_status fs_augmentation_init(fs_augmentation *augmentation, size_t size, fs_strength strength);
/* A variation of a picture, of the same size, 8 bits, opaque, determined by the seed. Where the
 * picture moves away from an edge, the edge is repeated. NULL: FS_AUGMENT_STANDARD. `blend` has no
 * effect: there is no other face. */
fs_status fs_image_augment(fs_image **out, const fs_image *image,
                           const fs_augmentation *augmentation, uint64_t seed);

/* ---- Photos: the photos of a training ---- */

/* A list of photos and what is known of them: the person, and five landmarks. Files are read only
 * during a training. Threads may share a list; a training uses the photos that were in it when the
 * training began. */
typedef struct fs_photos fs_photos;

fs_status fs_photos_create(fs_photos **out); /* empty */
/* Adds a folder of people: each folder inside it is a person, and the pictures in that, by the
 * endings of all formats, are the person's photos, in the order of their names. Equal names in two
 * folders are two people.
 * `landmarks` is a JSON file, {"Ann/1.jpg": [[x, y], ... 5], ...} or as for fs_landmarks_open;
 * `points`, five x, y, hold for all photos of the folder, as of aligned pictures. One of the two
 * may be given; both may be NULL. Names that begin with a dot are skipped; everything else that is
 * not a photo is left out (fs_photos_left_out). Links are not followed. FS_IO for a folder that
 * cannot be read; nothing is added then. */
fs_status fs_photos_add_people(fs_photos *photos, const char *folder, const char *landmarks,
                               const float *points);
/* Adds the photos of a flat folder, without people: for a loss with a teacher. */
fs_status fs_photos_add_folder(fs_photos *photos, const char *folder, const char *landmarks,
                               const float *points);
/* The same, each photo being of a person of its own, whom no other photo shows. */
fs_status fs_photos_add_strangers(fs_photos *photos, const char *folder, const char *landmarks,
                                  const float *points);
/* Keeps only the people first to first + count - 1 and their photos, to separate those to learn
 * from and those to test with. */
fs_status fs_photos_keep_people(fs_photos *photos, size_t first, size_t count);
size_t fs_photos_count(const fs_photos *photos);
size_t fs_photos_person_count(const fs_photos *photos);
/* Files that were left out, by fs_photos_add_... and by the last training that read the photos. */
size_t fs_photos_left_out_count(const fs_photos *photos);
/* Which file was left out, and why. `path` and `reason` may be NULL; texts end with a 0, and longer
 * ones than their capacity, in bytes, are cut between characters. */
fs_status fs_photos_left_out(const fs_photos *photos, size_t index, char *path,
                             size_t path_capacity, char *reason, size_t reason_capacity);
void fs_photos_destroy(fs_photos *photos);

/* ---- Losses: what networks for faces are trained with; value and gradients ---- */

typedef enum fs_reduction {
  FS_SUM = 0,
  FS_MEAN = 1,          /* over all terms */
  FS_MEAN_OF_ACTIVE = 2 /* over the terms that are not 0, as a margin makes some; 0 if all are */
} fs_reduction;

/* Triplet loss (Schroff et al. 2015, equation 3) of `count` rows of `dimension` floats each: sum or
 * mean of max(0, |a - p|^2 - |a - n|^2 + margin). */
fs_status fs_triplet_loss(const float *anchors, const float *positives, const float *negatives,
                          size_t count, size_t dimension, float margin, fs_reduction reduction,
                          double *loss);

/* x[i] is row i of the embeddings [count, dimension]; "mean" is what the reduction says. */
typedef enum fs_loss_kind {
  /* fs_triplet_loss; rows 3i, 3i + 1 and 3i + 2 are anchor, positive and negative. No labels. */
  FS_LOSS_TRIPLET = 0,
  /* Triplet losses over triplets found in a batch of several photos of several people (40 each is
   * fine); labels are any numbers, one for each person. FS_INVALID_ARGUMENT for a batch of one
   * person, or without two photos of anybody. */
  FS_LOSS_BATCH_HARD = 1,   /* each anchor, its farthest positive and its nearest negative (Hermans
                             * et al. 2017, equation 5) */
  FS_LOSS_SEMI_HARD = 2,    /* each anchor and positive, the nearest negative that is farther
                             * (Schroff et al. 2015, section 3.2) */
  FS_LOSS_ALL_TRIPLETS = 3, /* every triplet (Hermans et al. 2017, equation 6) */
  /* Pairs: rows 2i and 2i + 1; count / 2 labels, 0 for the same person, 1 for two people. */
  FS_LOSS_CONTRASTIVE = 4,     /* d^2 / 2 or max(0, margin - d)^2 / 2, d = sqrt(|a - b|^2 + epsilon)
                                * (Hadsell et al. 2006) */
  FS_LOSS_PAIR_DIFFERENCE = 5, /* cross-entropy of sigmoid(weight . |a - b| + bias), the probability
                                * of "same" */
  FS_LOSS_PAIR_CHI_SQUARE = 6, /* the same with (a - b)^2 / (|a| + |b|), 0 where both are 0 (Taigman
                                * et al. 2014) */
  /* Classifiers: labels are 0 to classes - 1. */
  FS_LOSS_SOFTMAX = 7, /* cross-entropy of softmax(weight x + bias) */
  FS_LOSS_CENTRE = 8,  /* softmax loss + centre_weight * |x - centre|^2 / 2 (Wen et al. 2016,
                        * equation 5) */
  FS_LOSS_COSFACE = 9, /* softmax loss of scale * cos t, for the right class scale * (cos t -
                        * margin) (Wang et al. 2018) */
  FS_LOSS_ARCFACE = 10, /* for the right class scale * cos(t + margin); past pi,
                         * scale * (cos t - margin sin margin) (Deng et al. 2019) */
  /* A teacher's embeddings t [count, dimension] in place of labels. Always means. */
  FS_LOSS_DISTILLATION = 11, /* cosine_weight * mean(1 - cos(x, t)) + similarity_weight * mean over
                              * all pairs of (cos(x[i], x[j]) - cos(t[i], t[j]))^2. With a
                              * stranger_weight people whom the teacher confuses are kept apart:
                              * labels are any numbers, one for each person, below 0 if unknown;
                              * for strangers, two rows of different labels, cos(t[i], t[j]) is at
                              * most stranger_limit; and stranger_weight * the mean over i of the
                              * mean of (cos(x[i], x[j]) - stranger_limit)^2 is added, over the
                              * strangers j that are nearer than the limit */
  FS_LOSS_TEACHER_DISTANCE = 12, /* mean of |x - t|^2 */
  /* A network that is a classifier itself: x are its scores, labels are 0 to dimension - 1. */
  FS_LOSS_CROSS_ENTROPY = 13 /* cross-entropy of softmax(x); no head */
} fs_loss_kind;

typedef struct fs_loss_options {
  size_t size;
  fs_loss_kind kind;
  fs_reduction reduction;  /* default FS_MEAN */
  float margin;            /* 0 or more; default 0.2 (squared distance) for triplets, 1 for
                            * contrastive, 0.35 for CosFace, 0.5 (radians, at most pi) for
                            * ArcFace */
  float epsilon;           /* contrastive; 0 or more, default 1e-6 */
  float scale;             /* CosFace, ArcFace; more than 0, default 64 */
  float centre_weight;     /* lambda, 0 or more; default 0.003 */
  float centre_rate;       /* alpha, 0 to 1; default 0.5 */
  float cosine_weight;     /* distillation, 0 or more; default 2 */
  float similarity_weight; /* distillation, 0 or more; default 4 */
  float stranger_weight;   /* distillation, 0 or more; default 0: needs no labels */
  float stranger_limit;    /* distillation, -1 to 1; default 0.7, a distance of 0.77 */
  uint32_t memory;         /* distillation with a stranger_weight: a trainer also compares a batch
                            * with so many embeddings of earlier ones (Wang et al. 2020), at most
                            * 1048576; each of several processes has its own. Default 4096 */
} fs_loss_options;

/* What mining found; zeros for a loss without it. Distances are squared. Frozen. */
typedef struct fs_mining_statistics {
  uint64_t triplets, active; /* formed; and of them, not yet separated by the margin */
  double hardest_positive;   /* the largest distance between two photos of one person */
  double hardest_negative;   /* the smallest distance between photos of two people */
} fs_mining_statistics;

fs_status fs_loss_options_init(fs_loss_options *options, size_t size, fs_loss_kind kind);

/* The head is what a loss learns besides the network, in one array of floats: weight [classes,
 * dimension], bias [classes], centres [classes, dimension], as far as the loss has them (CosFace
 * and ArcFace have no bias; a pair loss has one class). `classes` is used only for classifiers with
 * a head. *count is 0 for a loss without a head. */
fs_status fs_loss_head_size(const fs_loss_options *options, size_t dimension, size_t classes,
                            size_t *count);
/* Initial values: weights and centres uniform within +-sqrt(6 / (dimension + classes)), biases 0;
 * the same for the same seed. */
fs_status fs_loss_head_init(const fs_loss_options *options, size_t dimension, size_t classes,
                            uint64_t seed, float *head, size_t capacity);

/* The loss of a batch, and its derivatives: `gradient` [count, dimension] and `head_gradient`, as
 * long as the head. `labels`, `teacher` and `head` may be NULL if the loss has none; `gradient`,
 * `head_gradient` and `statistics` if you do not need them. Gradients are finite for equal
 * embeddings and for zeros too. FS_INVALID_ARGUMENT for labels out of range, numbers that are not
 * finite, an incomplete pair or triplet at the end, and a result that overflows. */
fs_status fs_loss_evaluate(const fs_loss_options *options, const float *embeddings, size_t count,
                           size_t dimension, const int32_t *labels, const float *teacher,
                           const float *head, size_t classes, double *value, float *gradient,
                           size_t capacity, float *head_gradient, size_t head_capacity,
                           fs_mining_statistics *statistics);
/* Moves the centres of an FS_LOSS_CENTRE head towards a batch, each by centre_rate * (sum of x -
 * centre over its n members) / (n + 1) (Wen et al. 2016, equation 4): instead of a step along their
 * gradient. */
fs_status fs_loss_update_centres(const fs_loss_options *options, const float *embeddings,
                                 size_t count, size_t dimension, const int32_t *labels,
                                 size_t classes, float *head, size_t capacity);

/* ---- Detection: what one-pass detectors of faces are trained with ---- */

/* How well two boxes agree; 1 if they are equal. */
typedef enum fs_overlap {
  FS_OVERLAP_IOU = 0,  /* intersection over union; 0 for boxes apart */
  FS_OVERLAP_GIOU = 1, /* minus the part of the smallest box around both that neither covers
                        * (Rezatofighi et al. 2019) */
  FS_OVERLAP_DIOU = 2, /* IoU minus the squared distance of the centres, in diagonals of that box
                        * (Zheng et al. 2020) */
  FS_OVERLAP_CIOU = 3, /* DIoU minus a term for the ratio of the sides (Zheng et al. 2020); its
                        * weight has a gradient too, which the authors leave out */
  FS_OVERLAP_EIOU = 4  /* DIoU minus the squared differences of the sides, in sides of that box
                        * (Zhang et al. 2022) */
} fs_overlap;

/* The overlaps of `count` pairs of boxes, boxes[i] with others[i]: left, top, right, bottom each. A
 * loss is 1 - overlap. `gradient` [count, 4] receives the derivatives of overlaps[i] by boxes[i];
 * NULL if you do not need them. FS_INVALID_ARGUMENT unless all are within a million, left < right
 * and top < bottom. */
fs_status fs_box_overlap(fs_overlap overlap, const float *boxes, const float *others, size_t count,
                         float *overlaps, size_t capacity, float *gradient,
                         size_t gradient_capacity);

/* A face that a detector learns. Pixels from the picture's top left corner. Frozen. */
typedef struct fs_scene_face {
  float left, top, right, bottom;
  float points[10];   /* x, y of left eye, right eye, nose, left and right corner of the mouth, as
                       * seen */
  int32_t has_points; /* 0: unknown, `points` is not read */
  int32_t ignored;    /* not 0: neither to be found nor to be missed; takes part in no loss */
} fs_scene_face;

typedef enum fs_point_loss {
  FS_POINTS_SMOOTH_L1 = 0, /* x^2 / (2 range) below the range, |x| - range / 2 above */
  FS_POINTS_WING = 1       /* range log(1 + |x| / bend) below the range, |x| - c above (Feng et al.
                            * 2018) */
} fs_point_loss;

typedef enum fs_score_loss {
  FS_SCORES_CROSS_ENTROPY = 0, /* binary, with probabilities as targets */
  FS_SCORES_QUALITY_FOCAL = 1  /* times |target - score|^focus (Li et al. 2020) */
} fs_score_loss;

/* The loss of a detector: box_weight * mean of 1 - overlap + point_weight * mean of the points'
 * loss + score_weight * sum of the scores' loss / cells with a face. The means are over the cells
 * with a face (and points); errors of points count in sizes of the face, the root of its area. The
 * target of a score is 0 without a face, 1 - quality + quality * IoU with one. */
typedef struct fs_detection_options {
  size_t size;
  fs_overlap overlap;  /* default FS_OVERLAP_EIOU */
  fs_point_loss points; /* default FS_POINTS_SMOOTH_L1 */
  fs_score_loss score; /* default FS_SCORES_CROSS_ENTROPY */
  float box_weight;    /* 0 or more; default 5 */
  float point_weight;  /* 0 or more; default 10 */
  float score_weight;  /* 0 or more; default 1 */
  float point_range;   /* sizes of the face, 0.001 to 10; default 0.1 */
  float point_bend;    /* of the wing, 0.001 to 10; default 0.02 */
  float focus;         /* of the quality focal loss, 1 to 8; default 2 */
  float quality;       /* 0 to 1; default 0.5 */
  /* For fs_detection_assign. */
  float centre_radius; /* half the side of the square around a face's centre, in strides, 0.5 to
                        * 100; default 2.5 */
  uint32_t candidates; /* the most cells of a face, 1 to 100; default 10 */
  float overlap_cost;  /* the weight of -log(IoU), 0 or more; default 3 */
} fs_detection_options;

fs_status fs_detection_options_init(fs_detection_options *options, size_t size);

/* A detector's answers are cells, of strides s = 8, 16 and 32, row by row, all of stride 8 first:
 * (width / s) * (height / s) each. The cell in row i, column j has 15 numbers d: the logit of its
 * score; the box's centre x = (j + d[1]) s, y = (i + d[2]) s, width exp(d[3]) s and height
 * exp(d[4]) s; the points k of 0 to 4, x = (j + d[5 + 2k]) s, y = (i + d[6 + 2k]) s. A network has
 * them as the results "cells8", "cells16" and "cells32", [height / s, width / s, 15]. `width` and
 * `height` are multiples of 32, at most 8192. */

/* Which face each cell of a picture learns: its index, -1 for none, -2 in an ignored face. SimOTA
 * (Ge et al. 2021): the cells in a face's box or near its centre are its candidates; one costs
 * -log(score) + overlap_cost * -log(IoU), and far more unless it lies both in the box and near the
 * centre. A face takes its k cheapest candidates, k being the sum of its best IoUs, rounded down
 * and at least 1; a cell that several faces want goes to the one that it costs least.
 * FS_INVALID_ARGUMENT for numbers that are not finite and for a box without an inside. */
fs_status fs_detection_assign(const fs_detection_options *options, const float *cells,
                              uint32_t width, uint32_t height, const fs_scene_face *faces,
                              size_t face_count, int32_t *assigned, size_t capacity);

/* The parts of a detection loss, weighted: box + points + score is the loss. Frozen. */
typedef struct fs_detection_parts {
  double box, points, score;
  uint64_t faces;  /* that take part */
  uint64_t cells;  /* that learn them */
  double overlap;  /* the mean IoU of these cells' boxes */
} fs_detection_parts;

/* The detection loss of a batch of `count` pictures: `cells` one picture after another, `faces`
 * those of the first picture, then of the next; face_counts [count]. `gradient`, as long as
 * `cells`, may be NULL. The assignment and the targets of scores are constants: no gradient flows
 * through them. */
fs_status fs_detection_loss(const fs_detection_options *options, const float *cells, size_t count,
                            uint32_t width, uint32_t height, const fs_scene_face *faces,
                            const size_t *face_counts, fs_detection_parts *parts, float *gradient,
                            size_t capacity);

/* ---- Scenes: photos with labelled faces, for a detector to learn from ---- */

/* Photos with the boxes of their faces, and photos without faces. Files are read only during a
 * training. Threads may share them. */
typedef struct fs_scenes fs_scenes;

fs_status fs_scenes_create(fs_scenes **out); /* empty */
/* Adds the photos of a JSON file: {"a/photo.jpg": [[left, top, right, bottom, x1, y1, ... x5, y5],
 * ...], ...}, names relative to `folder`, pixels from the photo's top left corner. The points may
 * be missing. A face may also be {"box": [left, top, right, bottom], "landmarks": [[x, y], ... 5],
 * "ignore": 1}; the last two are optional. A photo with an empty list has no faces. FS_BAD_DATA,
 * naming the photo, for other contents; nothing is added then. */
fs_status fs_scenes_add(fs_scenes *scenes, const char *folder, const char *labels);
/* Adds the pictures of a flat folder, none of which shows a face. */
fs_status fs_scenes_add_backgrounds(fs_scenes *scenes, const char *folder);
/* Keeps only the photos with faces first to first + count - 1, in the order of the files of labels:
 * to hold some back for a test. */
fs_status fs_scenes_keep(fs_scenes *scenes, size_t first, size_t count);
size_t fs_scenes_count(const fs_scenes *scenes);            /* photos with faces */
size_t fs_scenes_background_count(const fs_scenes *scenes); /* photos without */
/* Files that were left out, as fs_photos_left_out. */
size_t fs_scenes_left_out_count(const fs_scenes *scenes);
fs_status fs_scenes_left_out(const fs_scenes *scenes, size_t index, char *path,
                             size_t path_capacity, char *reason, size_t reason_capacity);
void fs_scenes_destroy(fs_scenes *scenes);

/* How the pictures of a training are composed: parts of scenes at all sizes; faces with their
 * surroundings set into photos without faces; four scenes side by side. */
typedef struct fs_scene_options {
  size_t size;
  uint32_t side;       /* of the pictures, a multiple of 32, 32 to 2048; default 320 */
  float min_face;      /* pixels, 1 to 1024: smaller faces (the root of their area) are ignored;
                        * default 8 */
  float max_face;      /* the largest face that is looked for, in sides, 0.1 to 2; default 0.9 */
  float paste;         /* probability of faces set into a photo; default 0.3 */
  float mosaic;        /* probability of four scenes; default 0.2; at most 1 with `paste` */
  uint32_t max_pasted; /* faces set into one photo, 1 to 64; default 6 */
  float dark;          /* probability of a dark picture; default 0.12 */
  /* Mirroring, light and cameras. `turn` is for faces that are set in; whole scenes turn by a
   * quarter of it. `shift`, `scale`, `occlusion` and `blend` have no effect. Default NULL: flip
   * 0.5, turn 0.7, brightness 30, contrast 0.35, grey 0.15, blur 0.12 of size 0.005, coarse 0.1
   * from 120 pixels, compression 0.2 from quality 25, noise 0.15 of 14 levels. */
  const fs_augmentation *augmentation;
} fs_scene_options;

fs_status fs_scene_options_init(fs_scene_options *options, size_t size);
/* The picture number `index` of a step, as a training with this seed sees it, and its faces: to
 * look at. Reads all photos: not for a training of your own. *count is the number of faces; those
 * that do not fit `capacity` are not written; `faces` may be NULL. */
fs_status fs_scenes_compose(const fs_scenes *scenes, const fs_scene_options *options, uint64_t seed,
                            uint32_t step, uint32_t index, fs_image **out, fs_scene_face *faces,
                            size_t capacity, size_t *count);

/* ---- Trainer: trains a network ---- */

/* A network, a loss, an optimiser and a schedule. A second thread, and a callback of the trainer,
 * that use a trainer while it works get FS_INVALID_ARGUMENT. */
typedef struct fs_trainer fs_trainer;

/* Formulas as in PyTorch. FS_ADAM adds the weight decay to the gradient, FS_ADAMW subtracts it from
 * the weights. */
typedef enum fs_optimiser { FS_SGD = 0, FS_ADAM = 1, FS_ADAMW = 2, FS_RMSPROP = 3 } fs_optimiser;

/* How the rate changes over the steps, after a warm-up, if there is one, from a hundredth of it. */
typedef enum fs_schedule {
  FS_SCHEDULE_CONSTANT = 0,
  FS_SCHEDULE_STEP = 1,      /* a tenth after each third */
  FS_SCHEDULE_COSINE = 2,    /* down to 0 by half a wave (Loshchilov and Hutter 2017) */
  FS_SCHEDULE_ONE_CYCLE = 3, /* up from a 25th, down to nearly nothing; beta 1 or momentum from 0.95
                              * to 0.85 at the highest rate and back (Smith and Topin 2018) */
  FS_SCHEDULE_CYCLICAL = 4   /* four triangles from a tenth of the rate; beta 1 or momentum from 0.9
                              * to 0.8 against it, beta 2 is 0.99 (Smith 2017) */
} fs_schedule;

typedef struct fs_trainer_options {
  size_t size;
  const char *architecture;    /* a name of fs_architecture_name; default NULL: "nn4.small2" */
  const fs_loss_options *loss; /* default NULL: FS_LOSS_SEMI_HARD with its defaults */
  const fs_detection_options *detection; /* in place of `loss`: trains a one-pass detector, with
                                          * fs_trainer_run_scenes; default NULL */
  uint32_t classes;            /* people, at least 1, for a classifier; default 0: for
                                * FS_LOSS_CROSS_ENTROPY the network's own number */
  fs_optimiser optimiser;      /* default FS_ADAM */
  fs_schedule schedule;        /* default FS_SCHEDULE_ONE_CYCLE */
  uint32_t steps;              /* of the schedule and of fs_trainer_run, at least 2; default 1000 */
  uint32_t warm_up;            /* the first of them, less than steps; default 0 */
  float rate;                  /* the highest, more than 0; default 0.001 */
  float momentum;              /* of SGD and RMSProp, or Adam's beta 1, if the schedule sets none, 0
                                * to below 1; default 0.9 */
  float weight_decay;          /* 0 or more; default 0 */
  float longest_gradient;      /* all gradients together are shortened to this length; default 0:
                                * never */
  float average;               /* the part that a running average of the weights keeps at each step,
                                * above 0 to below 1, as 0.999; the average is what is saved and
                                * embeds. Default 0: none */
  uint64_t seed;               /* of initial weights and dropout; default 1 */
} fs_trainer_options;

typedef struct fs_trainer_info {
  size_t size;
  uint32_t height, width;    /* of the pictures that the network takes, R,G,B; 0 for any */
  uint32_t dimension;        /* of its embeddings */
  uint64_t parameters;       /* numbers that are learned, with the loss's head */
  uint32_t step, steps;      /* done, of how many */
} fs_trainer_info;

/* What a step did. */
typedef struct fs_training_step {
  size_t size;
  double loss;          /* before the step; the mean over all processes that train together */
  double rate;
  double gradient_norm; /* length of all gradients, before it was shortened */
  fs_mining_statistics mining; /* of this process */
  fs_detection_parts detection; /* of fs_trainer_step_faces; otherwise zeros */
} fs_training_step;

fs_status fs_trainer_options_init(fs_trainer_options *options, size_t size);
/* `start` gives the network's initial weights; NULL: random ones. FS_INVALID_ARGUMENT for a number
 * out of its range, and for an architecture that is unknown or cannot be trained (VGG-19, which
 * takes any size, MTCNN, dlib's), with `detection` one without the results "cells8", "cells16" and
 * "cells32"; FS_BAD_DATA for a start of another architecture. */
fs_status fs_trainer_create(fs_trainer **out, const fs_trainer_options *options,
                            const fs_model *start);
fs_status fs_trainer_info_get(const fs_trainer *trainer, fs_trainer_info *info);

/* One step on your own pictures: `pictures` [count, height, width, 3], R,G,B bytes, packed, faces
 * aligned as by fs_embedder_align; count is 1 to 65536. `labels` [count], for a loss of pairs
 * [count / 2], and `teacher` [count, dimension] as for fs_loss_evaluate, otherwise NULL. Batch
 * normalisation needs at least two pictures. `step` may be NULL. On failure nothing changes:
 * FS_INVALID_ARGUMENT for a batch that does not suit the loss, and for a detector, FS_BAD_DATA if
 * the loss or a gradient is not finite, as with too high a rate. */
fs_status fs_trainer_step(fs_trainer *trainer, const uint8_t *pictures, size_t count,
                          const int32_t *labels, const float *teacher, fs_training_step *step);
/* The same of a detector: pictures [count, height, width, 3], count 1 to 4096, sides multiples of
 * 32, at most 4096; `faces` those of the first picture, then of the next, in its pixels;
 * face_counts [count]. */
fs_status fs_trainer_step_faces(fs_trainer *trainer, const uint8_t *pictures, size_t count,
                                uint32_t width, uint32_t height, const fs_scene_face *faces,
                                const size_t *face_counts, fs_training_step *step);
/* The network's embeddings of such pictures so far, as it would be saved: [count, dimension]. */
fs_status fs_trainer_embed(fs_trainer *trainer, const uint8_t *pictures, size_t count,
                           float *embeddings, size_t capacity);

typedef struct fs_training_progress {
  size_t size;
  uint32_t step, steps; /* done, of how many; while photos are read, `step` and all below but
                         * `photos` are 0 */
  uint32_t epoch;       /* from 0 */
  uint32_t photos;      /* read so far; then, how many there are to learn from */
  double loss, rate, gradient_norm; /* as in fs_training_step */
  double photos_per_second; /* since the first step of this run */
  fs_mining_statistics mining;
  fs_detection_parts detection; /* of fs_trainer_run_scenes; otherwise zeros */
  double faces_per_second;      /* likewise */
} fs_training_progress;

/* Called while photos are read and after each step, on the thread that called fs_trainer_run, with
 * no locks held. FS_FINISH ends the run with FS_OK and writes its checkpoint if a step was made;
 * FS_CANCEL ends it with FS_CANCELLED; what was learned stays. It must not use the trainer; it may
 * call other functions. */
typedef fs_action (*fs_training_callback)(const fs_training_progress *progress, void *user);

typedef struct fs_training_options {
  size_t size;
  uint32_t batch;             /* photos a step, 2 to 65536; default 64 */
  uint32_t photos_of_person;  /* for a loss that mines: a batch has batch / photos_of_person people
                               * with this many photos each, 2 or more; default 8 */
  const fs_augmentation *augmentation; /* default NULL: FS_AUGMENT_STANDARD */
  const fs_model *teacher;    /* for a loss that has one, of the same dimension; default NULL */
  /* Text files that list pairs or triplets, for a loss of such, one a line: photos by their names
   * below the folder, separated by blanks or tabs. "Ann/1.jpg Ann/2.jpg 1", 0 for two people;
   * "anchor positive negative". Default NULL: random pairs, half of them of one person;
   * FS_LOSS_TRIPLET needs a list. */
  const char *pairs, *triplets;
  /* A file to keep a checkpoint in, replaced each time; default NULL: none. If one cannot be
   * written on the way, that is logged (FS_LOG_ERROR) and tried again with the next; if the last
   * one cannot, the run returns FS_IO, with all steps done. */
  const char *checkpoint;
  uint32_t checkpoint_every;  /* steps; default 0: at the end */
  uint64_t memory_limit;      /* bytes for decoded photos; photos beyond this, and beyond the memory
                               * there is, are read again each time. Default 4 GB */
  uint64_t seed;              /* of the photos' order and augmentation; default 1 */
  fs_training_callback on_step; /* default NULL */
  void *user;                 /* passed to on_step */
} fs_training_options;

fs_status fs_training_options_init(fs_training_options *options, size_t size);
/* Trains until the trainer's steps are done. Faces are aligned by their landmarks. If no photo has
 * any, whole photos are used; if only some have, the others are left out, as are photos that cannot
 * be read (fs_photos_left_out).
 *
 * A second run continues where the first one stopped, and a resumed one where its checkpoint was
 * written, with the same bits as without the stop. FS_INVALID_ARGUMENT for another batch,
 * photos_of_person, augmentation, teacher, list, seed or other photos, by name or by their files'
 * bytes, than those that the trainer began with; the message names the difference. FS_CANCELLED if
 * the callback cancels. */
fs_status fs_trainer_run(fs_trainer *trainer, fs_photos *photos,
                         const fs_training_options *options);

typedef struct fs_detector_training_options {
  size_t size;
  uint32_t batch;             /* pictures a step, 1 to 4096; default 16 */
  const fs_scene_options *scenes; /* default NULL: its defaults */
  const char *checkpoint;     /* as in fs_training_options; default NULL: none */
  uint32_t checkpoint_every;  /* steps; default 0: at the end */
  uint64_t memory_limit;      /* bytes for decoded photos; photos beyond this are read again each
                               * time. Sides beyond 1280 pixels are reduced. Default 4 GB */
  uint64_t seed;              /* of the pictures; default 1 */
  fs_training_callback on_step; /* default NULL */
  void *user;                 /* passed to on_step */
} fs_detector_training_options;

fs_status fs_detector_training_options_init(fs_detector_training_options *options, size_t size);
/* Trains a detector until the trainer's steps are done. The pictures of a step are a function of
 * the seed and of the step; they are composed on a thread of their own, beside the step before. In
 * the progress `epoch` is 0 and `photos` counts photos with and without faces.
 *
 * Continues as fs_trainer_run does, with the same bits; FS_INVALID_ARGUMENT for another batch,
 * seed, scenes or scene options than those that the trainer began with, for a trainer without
 * `detection`, and if no photo with a face can be read. */
fs_status fs_trainer_run_scenes(fs_trainer *trainer, fs_scenes *scenes,
                                const fs_detector_training_options *options);

/* For training in several processes: replaces each of `count` numbers by its mean over all
 * processes, and returns FS_OK, or a status that fails the step. It is called once a step, on the
 * thread of the step, with all gradients, then everything else that a step changes (running
 * statistics of batch normalisation, centres), then the loss: so networks that began equal stay
 * equal, to the bit if every process gets the same means. It must not use the trainer.
 *
 * Two processes with n pictures a step learn like one with 2n, if the loss is a mean over rows or
 * pairs; but batch normalisation uses the statistics of a process's own pictures, and mining finds
 * triplets among them. Give each process other pictures: another seed in fs_training_options, or
 * other photos. A process that fails before the call leaves the others waiting: end them
 * (MPI_Abort). */
typedef fs_status (*fs_all_reduce)(float *numbers, size_t count, void *user);
/* NULL: train alone. */
fs_status fs_trainer_all_reduce_set(fs_trainer *trainer, fs_all_reduce all_reduce, void *user);

/* Writes a checkpoint, with everything needed to continue: weights, the optimiser's state, the
 * position in the photos. The file is the old or the new one, whole, whenever the process ends. */
fs_status fs_trainer_save(fs_trainer *trainer, const char *path);
/* Continues from a checkpoint. FS_WRONG_MODEL for another architecture, loss, classes, optimiser,
 * schedule, longest_gradient or seed; the message names it: "steps is 80; the checkpoint has 60".
 * FS_BAD_DATA if the file is not a checkpoint. On failure nothing changes. To begin another
 * training with these weights, save a model and `start` with it. */
fs_status fs_trainer_resume(fs_trainer *trainer, const char *path);

/* Writes the network as a model, for fs_model_open and, if it makes embeddings, fs_embedder_create.
 * The embedder sees photos as the last fs_trainer_run did, aligned faces or whole photos; without a
 * run it sees faces, or whole photos if the network's pictures are not squares. `threshold`, 0 or
 * more, is the distance up to which two faces are the same person (fs_evaluate_pairs finds it); for
 * other networks its meaning is yours. `texts` may be NULL. The file appears whole or not at
 * all. */
fs_status fs_trainer_save_model(fs_trainer *trainer, const char *path, fs_precision precision,
                                float threshold, const fs_model_texts *texts);
void fs_trainer_destroy(fs_trainer *trainer);

/* ---- Evaluation: how well distances tell one person from two ---- */

/* Labelled pairs of photos in folds, from a file such as LFW's pairs.txt: "folds size" on the first
 * line (or "size" for one fold), then in each fold `size` lines "NAME i j" and `size` lines
 * "NAME i OTHER j". Or a plain list: lines "PHOTO PHOTO 1", 0 for two people, between blanks, tabs
 * or commas, where quotes protect commas in a name; true and same are 1, false and different 0. A
 * fourth field on each line is the pair's fold, from 0 on; without, either kind of pairs is divided
 * into ten folds in the order given. A first line that names its columns is skipped. */
typedef struct fs_pairs fs_pairs;

/* Frozen. */
typedef struct fs_pair {
  uint64_t first, second; /* numbers of the two photos, for fs_pairs_photo */
  int32_t same;           /* 1 for one person, 0 for two */
  uint32_t fold;          /* from 0 */
} fs_pair;

/* FS_BAD_DATA names the line. */
fs_status fs_pairs_open(fs_pairs **out, const char *path);
/* The same from memory. */
fs_status fs_pairs_load(fs_pairs **out, const void *bytes, size_t byte_count);
size_t fs_pairs_count(const fs_pairs *pairs);
size_t fs_pairs_fold_count(const fs_pairs *pairs);
size_t fs_pairs_photo_count(const fs_pairs *pairs); /* different ones */
fs_status fs_pairs_get(const fs_pairs *pairs, size_t index, fs_pair *pair);
/* "NAME/NAME_0001.jpg", or the list's path, below the folder of pictures: it never leads out of it;
 * borrowed. NULL if there is no such photo. */
const char *fs_pairs_photo(const fs_pairs *pairs, size_t photo);
void fs_pairs_destroy(fs_pairs *pairs);

/* Five landmarks of one face in each of many photos, from JSON: {"photo": {"landmarks": [[x, y],
 * ... 5]}, ...}. A member "box", [x, y, width, height], is read too. */
typedef struct fs_landmarks fs_landmarks;

fs_status fs_landmarks_open(fs_landmarks **out, const char *path);
/* The same from memory. */
fs_status fs_landmarks_load(fs_landmarks **out, const void *bytes, size_t byte_count);
size_t fs_landmarks_count(const fs_landmarks *landmarks); /* photos */
/* FS_NOT_FOUND if the photo is not in the file. */
fs_status fs_landmarks_find(const fs_landmarks *landmarks, const char *photo, fs_face *face);
void fs_landmarks_destroy(fs_landmarks *landmarks);

typedef struct fs_evaluation_options {
  size_t size;
  uint32_t folds;             /* if no folds are given, 2 to 1000; default 10 */
  double min_false_accepts; /* pairs * rate that a TAR at a rate needs, at least 1; default 1 */
} fs_evaluation_options;

fs_status fs_evaluation_options_init(fs_evaluation_options *options, size_t size);

/* The largest threshold at which the FAR, the share of impostor pairs that are accepted, is at most
 * `limit`; and the TAR, that share of genuine pairs. Bounds are of 95 %, by Wilson's score
 * interval. All but `limit` is NaN if there are fewer than impostors_needed = min_false_accepts /
 * limit impostor pairs. Frozen. */
typedef struct fs_operating_point {
  double limit;
  double tar, tar_low, tar_high;
  double far, far_low, far_high;
  double threshold;
  uint64_t impostors_needed;
} fs_operating_point;

#define FS_OPERATING_POINTS 3

typedef struct fs_evaluation {
  size_t size;
  uint64_t genuine, impostors; /* pairs of one person, and of two */
  uint32_t folds;
  /* Each fold is judged by the threshold that is right most often on all others: mean and standard
   * deviation (with folds - 1) over the folds, and the mean of the thresholds. NaN unless there are
   * two folds or more, each with both kinds of pairs. */
  double accuracy, accuracy_deviation, threshold;
  double auc;              /* area under the ROC, exact; equal distances count half */
  double equal_error_rate; /* where FAR = 1 - TAR, interpolated linearly between points of the
                            * ROC */
  fs_operating_point points[FS_OPERATING_POINTS]; /* at FAR 0.1, 0.01 and 0.001 */
} fs_evaluation;

/* Evaluates `count` distances by the protocol of Labeled Faces in the Wild (Huang and
 * Learned-Miller 2014): a pair is accepted if distance <= threshold. `is_same` [count] is true for
 * pairs of one person. `fold` [count] gives each pair's fold by any numbers; NULL divides either
 * kind of pairs into options->folds parts in the order given. Infinity is the distance of a pair
 * with a face that was not found: no threshold accepts it (ISO/IEC 19795-1). FS_INVALID_ARGUMENT
 * for NaN, for no pairs, and if all pairs are of one kind. */
fs_status fs_evaluate_pairs(const double *distances, const int32_t *is_same, const int32_t *fold,
                            size_t count, const fs_evaluation_options *options,
                            fs_evaluation *evaluation);

/* Frozen. */
typedef struct fs_roc_point {
  double threshold; /* infinite in the last point if a distance is */
  double far, tar;
} fs_roc_point;

/* The receiver operating characteristic: a point that accepts nothing, then one for each distance
 * that occurs; the last accepts everything. `capacity` is at least count + 1; *found is how many
 * were written. */
fs_status fs_evaluate_roc(const double *distances, const int32_t *is_same, size_t count,
                          fs_roc_point *points, size_t capacity, size_t *found);

/* ---- Calibration: a threshold for a false accept rate, as far as pairs can prove it ---- */

typedef struct fs_calibration_options {
  size_t size;
  double false_accept_rate; /* of a search among `people`, between 0 and 1; default 0.001 */
  double confidence;        /* of the bounds, between 0 and 1; default 0.95 */
  uint64_t people;          /* with whom a face is compared; default 1: one comparison */
} fs_calibration_options;

/* Bounds are Clopper and Pearson's (1934): one-sided for false accepts, two-sided for false
 * rejects. Pairs, and the comparisons of a search, are taken as independent; pairs that share
 * photos or people are less than that. */
typedef struct fs_calibration {
  size_t size;
  double threshold;         /* exactly a float; 0 or more */
  double comparison_rate;   /* allowed for one comparison: 1 - (1 - false_accept_rate)^(1 /
                             * people) */
  double false_accepts;     /* of one comparison, as counted */
  double max_false_accepts; /* and its bound with `confidence`; never above comparison_rate */
  double max_false_accepts_of_search; /* 1 - (1 - max_false_accepts)^people */
  double false_rejects;     /* of one comparison, as counted */
  double min_false_rejects, max_false_rejects;
  uint64_t genuine, impostors; /* pairs of one person, and of two */
  uint64_t genuine_rejected, impostors_accepted;
  uint64_t impostors_needed; /* to prove the rate: log(1 - confidence) / log(1 - comparison_rate) */
} fs_calibration;

fs_status fs_calibration_options_init(fs_calibration_options *options, size_t size);
/* From `count` distances of labelled pairs, as in fs_evaluate_pairs, 0 or more. The threshold is
 * the largest distance that occurs for which max_false_accepts is at most comparison_rate; that
 * holds although the same pairs choose it (Wilks 1941). It is rounded to a float: up, so that it
 * accepts that distance, or down if that would accept the next one too. FS_INVALID_ARGUMENT for
 * fewer impostor pairs than the rate needs; the message has the number. */
fs_status fs_calibrate(const double *distances, const int32_t *is_same, size_t count,
                       const fs_calibration_options *options, fs_calibration *calibration);
/* The same from embeddings [count, dimension] and labels [count] of a gallery, and `impostors`
 * [impostor_count, dimension] of people who are not in it: genuine are all pairs of photos with one
 * label, impostors each of them with each photo. If impostor_count is 0, all pairs of two labels
 * take their place. Euclidean distances, of at most 2^24 pairs. */
fs_status fs_calibrate_embeddings(const float *embeddings, const int32_t *labels, size_t count,
                                  size_t dimension, const float *impostors, size_t impostor_count,
                                  const fs_calibration_options *options,
                                  fs_calibration *calibration);

/* How errors grow with the number of people with whom a face is compared. Frozen. */
typedef struct fs_growth {
  uint64_t people;
  double false_accepts;     /* of a search among them with fs_calibrate's threshold, as counted:
                             * 1 - (1 - rate)^people */
  double max_false_accepts; /* and its bound */
  double threshold;         /* that keeps false_accept_rate among them; NaN, as all below, if there
                             * are too few pairs */
  double false_rejects, min_false_rejects, max_false_rejects; /* at that threshold */
  uint64_t impostors_needed;
} fs_growth;

/* Writes a row for each of `people` [people_count]. */
fs_status fs_calibrate_growth(const double *distances, const int32_t *is_same, size_t count,
                              const fs_calibration_options *options, const uint64_t *people,
                              size_t people_count, fs_growth *rows, size_t capacity);

/* ---- t-SNE: embeddings in two dimensions, to look at (van der Maaten and Hinton 2008) ---- */

typedef struct fs_tsne_progress {
  size_t size;
  uint32_t step, steps; /* done, of how many */
  double divergence;    /* Kullback-Leibler, of the map so far: what is minimised */
  double seconds;       /* since the start */
} fs_tsne_progress;

/* Called every 25 steps and after the last, on the thread that called fs_tsne, with no locks held.
 * FS_FINISH keeps the map so far, FS_CANCEL drops it. */
typedef fs_action (*fs_tsne_callback)(const fs_tsne_progress *progress, void *user);

typedef struct fs_tsne_options {
  size_t size;
  float perplexity;           /* effective number of neighbours, 1 to (count - 1) / 3; default 30 */
  uint32_t steps;             /* default 1000 */
  float learning_rate;        /* default 0: max(count / exaggeration / 4, 50) */
  float exaggeration;         /* of attraction in the first steps, 1 to 100; default 12 */
  uint32_t exaggerated_steps; /* default 250 */
  uint64_t seed;              /* of the noise at the start, which separates equal points; default
                               * 1 */
  fs_tsne_callback on_step;   /* default NULL */
  void *user;                 /* passed to on_step */
} fs_tsne_options;

fs_status fs_tsne_options_init(fs_tsne_options *options, size_t size);
/* Maps `points` [count, dimension] to `map` [count, 2], starting from their principal components.
 * `count` is 4 to 8192: all pairs are computed, and 8 * count^2 bytes are held. *divergence, which
 * may be NULL, is the map's. */
fs_status fs_tsne(const float *points, size_t count, size_t dimension,
                  const fs_tsne_options *options, float *map, size_t capacity, double *divergence);

/* ---- Mathematics: derivatives, convolution, the costs of style transfer ---- */

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
  FS_FUNCTION_SQUARE = 10,
  FS_FUNCTION_SIGN = 11 /* 1, -1, or 0 at 0; its derivative is 0 */
} fs_function;

/* Four ways to a derivative, each a check of the others. The three exact ones read one table of
 * rules. */
typedef enum fs_differentiation {
  FS_FORWARD = 0, /* dual numbers: f(a + b e) = f(a) + f'(a) b e */
  FS_REVERSE = 1, /* the tape that trains networks and paints pictures */
  FS_NUMERIC = 2, /* central differences with the step 1e-6 */
  FS_SYMBOLIC = 3 /* the derivative as an expression, fs_expression_derivative, evaluated */
} fs_differentiation;

/* values[i] = f(x[i]) and derivatives[i] = f'(x[i]) for `count` numbers; either may be NULL. NaN
 * where f has no value, as the logarithm of -1. */
fs_status fs_differentiate(fs_function function, fs_differentiation way, const double *x,
                           size_t count, double *values, double *derivatives, size_t capacity);

/* A formula of numbers, variables and the operations that the library differentiates. Equal parts
 * are kept once. It never changes, so threads may share it.
 *
 * Source: Griewank and Walther, "Evaluating derivatives", 2008; Baydin et al., "Automatic
 * differentiation in machine learning: a survey", 2018. */
typedef struct fs_expression fs_expression;

#define FS_EXPRESSION_MAX_BYTES 1048576u /* of a text, parsed or printed */
#define FS_EXPRESSION_MAX_NODES 131072u  /* numbers, variables and operations, equal parts as one */
#define FS_EXPRESSION_MAX_DEPTH 10000u   /* nodes one above the other; what waits for its end */
#define FS_EXPRESSION_MAX_VARIABLES 1024u
#define FS_EXPRESSION_MAX_NAME 64u /* characters of a variable's name */

/* Reads a text such as "p0 + p1*x + exp(sin(x)/x)^2": decimal numbers with a point, variables
 * (ASCII letters, digits and _, no digit first), + - * / ^, brackets, and exp, log, sqrt, sin, cos,
 * tanh, sigmoid, softplus, absolute, reciprocal, square and sign. ^ binds most tightly and from the
 * right, then * and /, then a minus before a part, then + and -: -x^2 is -(x^2).
 * FS_INVALID_ARGUMENT for any other text, with the position, from 1, of the character that was
 * seen, and what was expected there; and beyond the limits above. What nests lies in memory, not on
 * the thread's stack. */
fs_status fs_expression_parse(fs_expression **out, const char *text);
/* The derivative by a variable, as the rules give it: of x*x it is 1*x + x*1. FS_NOT_FOUND for a
 * variable that the expression does not have; FS_INVALID_ARGUMENT beyond the limits above. */
fs_status fs_expression_derivative(fs_expression **out, const fs_expression *expression,
                                   const char *variable);
/* The same with numbers folded, 0 and 1 left out, equal terms added, equal factors and powers
 * joined; nothing is expanded or factored out. Where every part has a finite value, the values are
 * the same up to rounding; x/x is 1, also at 0. Its tree never has more nodes. n nodes take time of
 * order n log n. */
fs_status fs_expression_simplify(fs_expression **out, const fs_expression *expression);
void fs_expression_destroy(fs_expression *expression);

/* A text that is parsed to the same expression, with a 0 at its end. *length, which may be NULL, is
 * its length without it: call with NULL and 0 to ask for it. FS_INVALID_ARGUMENT if it is longer
 * than FS_EXPRESSION_MAX_BYTES, as that of an expression may be whose parts appear in many places;
 * and if 0 < capacity <= *length, which is written nevertheless. */
fs_status fs_expression_text(const fs_expression *expression, char *text, size_t capacity,
                             size_t *length);
/* The variables, in the order in which the text that was parsed names them. A derivative and a
 * simplified expression have all of the expression that they were made from, in its order, so that
 * one point suits both. */
size_t fs_expression_variable_count(const fs_expression *expression);
/* Borrowed from the expression; NULL if there is none of that index. */
const char *fs_expression_variable(const fs_expression *expression, size_t index);

/* values[i] = f(points[i]) for `points` [count, variables]. What has no value is NaN or infinite,
 * as 1/x at 0, and no error. */
fs_status fs_expression_evaluate(const fs_expression *expression, const double *points,
                                 size_t count, double *values, size_t capacity);
/* The gradients [count, variables] at `points` [count, variables], each by any way. */
fs_status fs_expression_gradient(const fs_expression *expression, fs_differentiation way,
                                 const double *points, size_t count, double *gradients,
                                 size_t capacity);

typedef struct fs_expression_size {
  size_t size;
  uint64_t nodes;              /* of the tree, each part as often as it is written; UINT64_MAX
                                * stands for that or more */
  uint64_t shared_nodes;       /* with equal parts as one */
  uint64_t operations;         /* of the shared nodes, those that are no numbers or variables */
  uint64_t depth;              /* nodes from the whole down to its deepest part */
  uint64_t reverse_operations; /* with which FS_REVERSE finds the value and the derivatives by all
                                * variables */
} fs_expression_size;

fs_status fs_expression_measure(const fs_expression *expression, fs_expression_size *measured);

/* A function of `count` numbers: writes f(x) to *value and returns FS_OK. Any other status ends the
 * call that it serves, which returns it. It is called on the thread of that call, with no locks
 * held, and may call the library. */
typedef fs_status (*fs_function_callback)(const double *x, size_t count, double *value, void *user);
/* Its gradient: writes df/dx[i] to gradient[i], `count` of them. */
typedef fs_status (*fs_gradient_callback)(const double *x, size_t count, double *gradient,
                                          void *user);

typedef struct fs_gradient_options {
  size_t size;
  double step;     /* h = step * max(1, |x[i]|), 1e-12 to 1; default 1e-6 */
  double absolute; /* tolerances, not both 0; default 1e-5 */
  double relative; /* default 1e-3 */
} fs_gradient_options;

fs_status fs_gradient_options_init(fs_gradient_options *options, size_t size);

typedef struct fs_gradient_report {
  size_t size;
  size_t index;    /* the number of x for which the two agree worst */
  double analytic; /* df/dx[index] by `gradient` */
  double numeric;  /* and by central differences */
  double ratio;    /* |analytic - numeric| / (absolute + relative * |numeric|); infinite if one is
                    * NaN */
  int32_t passed;  /* 1 if ratio <= 1 */
} fs_gradient_report;

/* gradient[i] = (f(x + h e[i]) - f(x - h e[i])) / 2h, by 2 * count calls of `function`. */
fs_status fs_gradient_numeric(fs_function_callback function, void *user, const double *x,
                              size_t count, const fs_gradient_options *options, double *gradient,
                              size_t capacity);
/* Compares a gradient with central differences. If `gradient` is NULL, differences with twice the
 * step take its place: that shows whether the function is smooth at x. Keep away from kinks by more
 * than h. */
fs_status fs_gradient_check(fs_function_callback function, fs_gradient_callback gradient,
                            void *user, const double *x, size_t count,
                            const fs_gradient_options *options,
                            fs_gradient_report *report);

/* Convolution over 1, 2 or 3 axes (`axes`): x [batch, n1 ... nd, inputs], weights [outputs, inputs,
 * k1 ... kd], bias [outputs] or NULL, y [batch, n1' ... nd', outputs] with
 * n' = (n + 2 padding - k) / stride + 1. Each shape has axes + 2 numbers; y's are written to the
 * first places of `y_shape`. With capacity 0 and y NULL only the shape is written. */
fs_status fs_convolve(size_t axes, const float *x, const size_t *x_shape, const float *weights,
                      const size_t *weights_shape, const float *bias, size_t stride, size_t padding,
                      float *y, size_t capacity, size_t y_shape[5]);

/* Gram matrix of `a` [rows, columns]: gram [rows, rows] = a * transpose(a). */
fs_status fs_gram_matrix(const float *a, size_t rows, size_t columns, float *gram, size_t capacity);
/* Content cost: factor * sum (generated - content)^2 over features [height, width, channels]. */
fs_status fs_content_cost(const float *generated, const float *content, size_t height, size_t width,
                          size_t channels, fs_cost_variant variant, double *cost);
/* Style cost of one layer: factor * sum (Gram(generated) - Gram(style))^2, features [height, width,
 * channels], Gram over the pixels (Gatys et al. 2016, equation 4). */
fs_status fs_style_cost(const float *generated, const float *style, size_t height, size_t width,
                        size_t channels, fs_cost_variant variant, double *cost);
/* alpha * content + beta * style. */
fs_status fs_total_cost(double content, double style, double alpha, double beta, double *cost);

/* ---- Library: version, log, threads, memory, processor, self-test ---- */

/* The macros are the version that you compile against, the functions return that of the loaded
 * library. */
#define FS_VERSION_MAJOR 0
#define FS_VERSION_MINOR 1
#define FS_VERSION_PATCH 0
#define FS_VERSION (FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH)
/* A program built for one number must not run with a library of another. */
#define FS_ABI_VERSION 0

uint32_t fs_version(void);
uint32_t fs_abi_version(void);

typedef enum fs_log_level {
  FS_LOG_DEBUG = 0,
  FS_LOG_INFO = 1,
  FS_LOG_WARNING = 2,
  FS_LOG_ERROR = 3
} fs_log_level;

/* One line, without a line break. It may be called on any thread that is inside a call, and must
 * not call fs_log_set. */
typedef void (*fs_log_callback)(fs_log_level level, const char *message, void *user);
/* Sends messages of `level` and above to `callback`; NULL, the default, silences the log. */
void fs_log_set(fs_log_level level, fs_log_callback callback, void *user);

/* How many threads a call may keep busy, the calling one included: 1 to 256, or 0 for one for each
 * processor that this process may use (the default): those of its affinity (taskset, a container's
 * cpuset), limited by the processor time that its control groups grant (cpu.max, cpu.cfs_quota_us;
 * a fraction of a processor counts as one). Idle threads sleep.
 *
 * A call needs at most 48 KB of stack on the calling thread: a thread of 64 KB suffices, unless the
 * program links libraries whose thread-local memory, which lies there too, takes more than the
 * rest. (A gallery on a server needs what libpq needs.) The library's own threads have 256 KB.
 *
 * Calls compute in the standard floating-point state - rounding to nearest, subnormal numbers, no
 * exception traps - whatever the calling thread has set, and restore that state. Callbacks run in
 * yours. */
fs_status fs_threads_set(uint32_t count);
uint32_t fs_threads(void);

/* How many bytes the library may hold, in all calls together: the minimum of your own limit
 * (fs_memory_limit_set), three quarters of the machine's memory, the limits of this process's
 * control groups and those above them (memory.max, memory.high, memory.limit_in_bytes; systemd's
 * MemoryMax= and MemoryHigh=, Kubernetes' limits), RLIMIT_AS and RLIMIT_DATA, as they are now. A
 * call that needs more returns FS_NO_MEMORY, and so does one that needs more than these limits and
 * the machine leave now, given what everybody holds; before the system would kill the process. A
 * sixteenth of each limit, at most 64 MB, is kept free for what is not counted. */
uint64_t fs_memory_limit(void);
/* Your own limit on fs_memory_used: a call that needs more returns FS_NO_MEMORY, with what it asked
 * for and the limit. 0, the default: none. The last megabyte is left to objects and texts. Where
 * memory is short, filters that are kept in a second form for speed (of faces-nn4 a quarter of its
 * memory) are made again in each call: the same results, later. FS_NO_MEMORY if more is held
 * already. */
fs_status fs_memory_limit_set(uint64_t bytes);
/* What the library holds now, in all calls and handles together: pictures, models, workspaces,
 * rows, objects and texts. Not counted: the blocks of libturbojpeg and of the libraries that are
 * loaded when needed while they work (what they will need is held against the limits before),
 * SQLite's pages (2 MB a gallery, at most), stacks, and the library's own code. */
uint64_t fs_memory_used(void);
/* The most that it held at one moment since the process began or fs_memory_peak_reset was
 * called. */
uint64_t fs_memory_peak(void);
void fs_memory_peak_reset(void);
/* Frees what is only kept for the next call: workspaces of detectors, embedders and other
 * networks, and filters in a second form. That call makes them again. The C library, too, gives
 * back what it keeps of freed blocks. Before memory is refused the library does the former by
 * itself. */
void fs_memory_trim(void);

/* What the library finds where it runs. */
typedef struct fs_host_info {
  size_t size;
  uint32_t processors;         /* of the machine */
  uint32_t allowed;            /* of them, that the calling thread may run on */
  double quota;                /* processors' worth of time that control groups grant; 0: no
                                * limit */
  uint32_t threads;            /* what fs_threads_set(0) sets */
  uint64_t memory_limit;       /* fs_memory_limit() */
  const char *instruction_set; /* fs_instruction_set() */
  const char *memory_source;   /* whose limit memory_limit is: "this machine's" (three quarters of
                                * its memory), "the control group's", "RLIMIT_AS's",
                                * "RLIMIT_DATA's" or "the program's" (fs_memory_limit_set);
                                * static */
} fs_host_info;

fs_status fs_host_info_get(fs_host_info *info);
/* The build of the kernels in use: "avx512", "avx2" or "baseline"; static. It is the best that this
 * processor can run, unless FACESTYLE_ISA in the environment names a lower one, or the program
 * chooses one. */
const char *fs_instruction_set(void);
/* Chooses one by name; NULL: the best. FS_INVALID_ARGUMENT if this processor cannot run it; and for
 * another one than that in use, once a model was used or distances were computed, as weights are
 * laid out for one build. */
fs_status fs_instruction_set_choose(const char *name);
/* OpenBLAS's version, and the processor that it was built or chooses its kernels for: one line of
 * text, cut off at `capacity`. It computes large products and factors of doubles, for fs_tsne,
 * universal styles and costs. It is loaded by the first call that needs it, or by this one: FS_IO
 * if that fails, FS_NO_MEMORY if the process's address space is too small for the 400 MB that it
 * takes; so do those calls. */
fs_status fs_algebra_library(char *text, size_t capacity);

/* A library that is loaded when something needs it; hosts that do without that need not have it. */
typedef struct fs_optional_library {
  size_t size;
  const char *name;      /* "libwebp"; static, like all texts here */
  const char *needed_by; /* "WebP", "a gallery on a PostgreSQL server" */
  const char *package;   /* what to install on Debian: "libwebp7" */
  int32_t found;         /* 1: it was loaded and has what is used of it */
} fs_optional_library;

size_t fs_optional_library_count(void);
/* Loads the library of an index, which then stays loaded. `text` is its version, "" if it does not
 * say, or, if it was not found, why not: one line, cut off at `capacity`. FS_INVALID_ARGUMENT if
 * index >= fs_optional_library_count(). */
fs_status fs_optional_library_get(size_t index, fs_optional_library *library, char *text,
                                  size_t capacity);

/* A check of fs_self_test. */
typedef struct fs_self_check {
  size_t size;
  const char *name;  /* "matrix product"; static */
  double deviation;  /* the largest, in parts of the largest number of the answer; infinite where a
                      * number is none */
  double tolerance;  /* passed if deviation <= tolerance */
  int32_t passed;
  double seconds;    /* that it took */
} fs_self_check;

/* Called after each check, on the thread that called fs_self_test, with no locks held. */
typedef void (*fs_self_check_callback)(const fs_self_check *check, void *user);

/* Whether this processor, this build and this memory compute right: known answers are computed
 * again, from numbers of a seed. Each kernel - products, convolutions, Winograd's, Gram matrices,
 * pooling, the search for the nearest rows - is compared with its definition in double precision,
 * and the passes of small networks - a detector, an embedder, a fast style, two steps of a
 * training, the gradient of a style transfer - with stored numbers, computed in double precision.
 * The tolerance is 2e-5 of an answer's largest number, on each instruction set. Firmware leaves out
 * training and style transfer, which it does not have.
 *
 * FS_INTERNAL if a check does not pass, with the first one's name and deviation; the others are
 * made all the same. It needs no file and a fraction of a second on one thread, and holds at
 * most 10 MB, which it gives back: a device can run it whenever it starts. It settles the
 * instruction set, as the first model does. `on_check` may be NULL. */
fs_status fs_self_test(fs_self_check_callback on_check, void *user);

/* Handles created and not yet destroyed in this process: 0 at the end of a program without
 * leaks. */
size_t fs_debug_live_handles(void);

#ifdef __cplusplus
}
#endif
#endif /* FACESTYLE_H */
