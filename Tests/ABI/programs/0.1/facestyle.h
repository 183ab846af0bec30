/* What program.c needs of the header of version 0.1, as it was: it stays when facestyle.h grows. */
#ifndef FACESTYLE_H
#define FACESTYLE_H

#include <stddef.h>
#include <stdint.h>

typedef enum fs_status {
  FS_OK = 0, FS_INVALID_ARGUMENT = 1, FS_BAD_DATA = 2, FS_IO = 3, FS_NO_MEMORY = 4, FS_NO_FACE = 5,
  FS_CANCELLED = 6, FS_NOT_FOUND = 7, FS_WRONG_MODEL = 8, FS_INTERNAL = 9
} fs_status;
const char *fs_last_error(void);
typedef struct fs_image fs_image;
fs_status fs_image_decode(fs_image **out, const void *bytes, size_t byte_count);
typedef enum fs_pixel_format {
  FS_RGB = 0, FS_BGR = 1, FS_RGBA = 2, FS_BGRA = 3, FS_GREY = 4, FS_NV12 = 5, FS_NV21 = 6, FS_I420 = 7,
  FS_YUYV = 8, FS_RGB16 = 9, FS_RGBA16 = 10
} fs_pixel_format;
typedef struct fs_pixels {
  size_t size;
  const uint8_t *data;
  size_t byte_count;
  size_t stride;
  uint32_t width, height;
  fs_pixel_format format;
  uint32_t rotation;
} fs_pixels;
fs_status fs_image_from_pixels(fs_image **out, const fs_pixels *pixels);
uint32_t fs_image_width(const fs_image *image);
uint32_t fs_image_height(const fs_image *image);
const uint8_t *fs_image_data(const fs_image *image);
typedef enum fs_filter {
  FS_BILINEAR = 0, FS_BICUBIC = 1, FS_AREA = 2
} fs_filter;
fs_status fs_image_resize(fs_image **out, const fs_image *image, uint32_t width, uint32_t height, fs_filter
    filter);
typedef enum fs_file_format {
  FS_PNG = 0, FS_JPEG = 1, FS_WEBP = 2, FS_HEIC = 3, FS_AVIF = 4, FS_TIFF = 5, FS_JPEG_XL = 6, FS_BMP = 7
} fs_file_format;
const char *fs_file_format_name(fs_file_format format);
fs_status fs_image_encode(const fs_image *image, fs_file_format format, uint32_t quality, void *buffer,
    size_t capacity, size_t *byte_count);
void fs_image_destroy(fs_image *image);
typedef struct fs_model fs_model;
fs_status fs_model_open(fs_model **out, const char *name);
void fs_model_destroy(fs_model *model);
typedef struct fs_point {
  float x, y;
} fs_point;
typedef struct fs_face {
  float x, y, width, height;
  float score;
  fs_point landmarks[5];
} fs_face;
typedef struct fs_embedder fs_embedder;
fs_status fs_embedder_create(fs_embedder **out, const fs_model *model);
size_t fs_embedder_dimension(const fs_embedder *embedder);
void fs_embedder_destroy(fs_embedder *embedder);
typedef enum fs_distance_kind {
  FS_DISTANCE_EUCLIDEAN = 0, FS_DISTANCE_SQUARED = 1, FS_DISTANCE_COSINE = 2, FS_DISTANCE_CHI_SQUARE = 3,
  FS_DISTANCE_DIFFERENCE_HEAD = 4, FS_DISTANCE_CHI_SQUARE_HEAD = 5
} fs_distance_kind;
typedef struct fs_gallery fs_gallery;
fs_status fs_gallery_create(fs_gallery **out, const fs_embedder *embedder);
fs_status fs_gallery_add(fs_gallery *gallery, const char *name, const float *embedding, size_t dimension);
fs_status fs_gallery_remove(fs_gallery *gallery, const char *name);
size_t fs_gallery_person_count(const fs_gallery *gallery);
typedef enum fs_rule {
  FS_RULE_NEAREST = 0, FS_RULE_MEAN = 1, FS_RULE_TEMPLATE = 2, FS_RULE_VOTE = 3
} fs_rule;
typedef struct fs_identify_options {
  size_t size;
  fs_rule rule;
  fs_distance_kind kind;
  const float *head;
  float threshold;
  float margin;
  uint32_t neighbours;
} fs_identify_options;
fs_status fs_identify_options_init(fs_identify_options *options, size_t size);
typedef struct fs_gallery_identity {
  size_t size;
  int32_t known;
  int32_t ambiguous;
  float distance;
  float runner_up_distance;
  float margin;
  float threshold;
  uint64_t photo;
  uint32_t votes;
  uint32_t reasons;
  char name[256];
  char nearest[256];
  char runner_up[256];
} fs_gallery_identity;
fs_status fs_gallery_identify(const fs_gallery *gallery, const float *embedding, size_t dimension, const
    fs_identify_options *options, fs_gallery_identity *identity);
typedef struct fs_neighbour {
  uint64_t photo;
  float distance;
  char name[256];
} fs_neighbour;
fs_status fs_gallery_search(const fs_gallery *gallery, const float *embeddings, size_t count, size_t
    dimension, size_t k, fs_neighbour *neighbours, size_t capacity, size_t *found);
typedef struct fs_gallery_info {
  size_t size;
  uint64_t model;
  uint64_t people, photos;
  uint32_t dimension;
  float threshold;
  int32_t is_stored;
  int32_t is_encrypted;
  int32_t is_read_only;
} fs_gallery_info;
fs_status fs_gallery_info_get(const fs_gallery *gallery, fs_gallery_info *info);
void fs_gallery_destroy(fs_gallery *gallery);
typedef struct fs_tracker_options {
  size_t size;
  float min_overlap;
  float max_distance;
  uint32_t max_missed;
  uint32_t min_seen;
  double identify_every;
  float identify_better;
  uint32_t identify_gap;
  uint32_t max_tracks;
} fs_tracker_options;
typedef struct fs_tracked {
  uint64_t track;
  uint32_t events;
  int32_t begun;
} fs_tracked;
typedef struct fs_track {
  uint64_t track;
  uint32_t seen, missed;
  double first_time, last_time;
  fs_face face;
  float best_quality;
  uint64_t best_frame;
  double best_time;
  fs_face best_face;
  int32_t begun;
} fs_track;
typedef struct fs_tracker fs_tracker;
fs_status fs_tracker_options_init(fs_tracker_options *options, size_t size);
fs_status fs_tracker_create(fs_tracker **out, const fs_tracker_options *options);
fs_status fs_tracker_update(fs_tracker *tracker, const fs_face *faces, const float *qualities, size_t count,
    double time, fs_tracked *tracked, size_t capacity);
fs_status fs_tracker_tracks(const fs_tracker *tracker, fs_track *tracks, size_t capacity, size_t *count);
void fs_tracker_destroy(fs_tracker *tracker);
typedef enum fs_reduction {
  FS_SUM = 0, FS_MEAN = 1, FS_MEAN_OF_ACTIVE = 2
} fs_reduction;
typedef enum fs_loss_kind {
  FS_LOSS_TRIPLET = 0, FS_LOSS_BATCH_HARD = 1, FS_LOSS_SEMI_HARD = 2, FS_LOSS_ALL_TRIPLETS = 3,
  FS_LOSS_CONTRASTIVE = 4, FS_LOSS_PAIR_DIFFERENCE = 5, FS_LOSS_PAIR_CHI_SQUARE = 6, FS_LOSS_SOFTMAX = 7,
  FS_LOSS_CENTRE = 8, FS_LOSS_COSFACE = 9, FS_LOSS_ARCFACE = 10, FS_LOSS_DISTILLATION = 11,
  FS_LOSS_TEACHER_DISTANCE = 12, FS_LOSS_CROSS_ENTROPY = 13
} fs_loss_kind;
typedef struct fs_loss_options {
  size_t size;
  fs_loss_kind kind;
  fs_reduction reduction;
  float margin;
  float epsilon;
  float scale;
  float centre_weight;
  float centre_rate;
  float cosine_weight;
  float similarity_weight;
  float stranger_weight;
  float stranger_limit;
  uint32_t memory;
} fs_loss_options;
typedef struct fs_mining_statistics {
  uint64_t triplets, active;
  double hardest_positive;
  double hardest_negative;
} fs_mining_statistics;
fs_status fs_loss_options_init(fs_loss_options *options, size_t size, fs_loss_kind kind);
typedef enum fs_overlap {
  FS_OVERLAP_IOU = 0, FS_OVERLAP_GIOU = 1, FS_OVERLAP_DIOU = 2, FS_OVERLAP_CIOU = 3, FS_OVERLAP_EIOU = 4
} fs_overlap;
typedef enum fs_point_loss {
  FS_POINTS_SMOOTH_L1 = 0, FS_POINTS_WING = 1
} fs_point_loss;
typedef enum fs_score_loss {
  FS_SCORES_CROSS_ENTROPY = 0, FS_SCORES_QUALITY_FOCAL = 1
} fs_score_loss;
typedef struct fs_detection_options {
  size_t size;
  fs_overlap overlap;
  fs_point_loss points;
  fs_score_loss score;
  float box_weight;
  float point_weight;
  float score_weight;
  float point_range;
  float point_bend;
  float focus;
  float quality;
  float centre_radius;
  uint32_t candidates;
  float overlap_cost;
} fs_detection_options;
typedef struct fs_detection_parts {
  double box, points, score;
  uint64_t faces;
  uint64_t cells;
  double overlap;
} fs_detection_parts;
typedef struct fs_trainer fs_trainer;
typedef enum fs_optimiser {
  FS_SGD = 0, FS_ADAM = 1, FS_ADAMW = 2, FS_RMSPROP = 3
} fs_optimiser;
typedef enum fs_schedule {
  FS_SCHEDULE_CONSTANT = 0, FS_SCHEDULE_STEP = 1, FS_SCHEDULE_COSINE = 2, FS_SCHEDULE_ONE_CYCLE = 3,
  FS_SCHEDULE_CYCLICAL = 4
} fs_schedule;
typedef struct fs_trainer_options {
  size_t size;
  const char *architecture;
  const fs_loss_options *loss;
  const fs_detection_options *detection;
  uint32_t classes;
  fs_optimiser optimiser;
  fs_schedule schedule;
  uint32_t steps;
  uint32_t warm_up;
  float rate;
  float momentum;
  float weight_decay;
  float longest_gradient;
  float average;
  uint64_t seed;
} fs_trainer_options;
typedef struct fs_trainer_info {
  size_t size;
  uint32_t height, width;
  uint32_t dimension;
  uint64_t parameters;
  uint32_t step, steps;
} fs_trainer_info;
typedef struct fs_training_step {
  size_t size;
  double loss;
  double rate;
  double gradient_norm;
  fs_mining_statistics mining;
  fs_detection_parts detection;
} fs_training_step;
fs_status fs_trainer_options_init(fs_trainer_options *options, size_t size);
fs_status fs_trainer_create(fs_trainer **out, const fs_trainer_options *options, const fs_model *start);
fs_status fs_trainer_info_get(const fs_trainer *trainer, fs_trainer_info *info);
fs_status fs_trainer_step(fs_trainer *trainer, const uint8_t *pictures, size_t count, const int32_t *labels,
    const float *teacher, fs_training_step *step);
void fs_trainer_destroy(fs_trainer *trainer);
typedef struct fs_pairs fs_pairs;
fs_status fs_pairs_load(fs_pairs **out, const void *bytes, size_t byte_count);
size_t fs_pairs_count(const fs_pairs *pairs);
size_t fs_pairs_photo_count(const fs_pairs *pairs);
void fs_pairs_destroy(fs_pairs *pairs);
typedef struct fs_evaluation_options {
  size_t size;
  uint32_t folds;
  double min_false_accepts;
} fs_evaluation_options;
typedef struct fs_operating_point {
  double limit;
  double tar, tar_low, tar_high;
  double far, far_low, far_high;
  double threshold;
  uint64_t impostors_needed;
} fs_operating_point;
typedef struct fs_evaluation {
  size_t size;
  uint64_t genuine, impostors;
  uint32_t folds;
  double accuracy, accuracy_deviation, threshold;
  double auc;
  double equal_error_rate;
  fs_operating_point points[3];
} fs_evaluation;
fs_status fs_evaluate_pairs(const double *distances, const int32_t *is_same, const int32_t *fold, size_t
    count, const fs_evaluation_options *options, fs_evaluation *evaluation);
typedef struct fs_expression fs_expression;
fs_status fs_expression_parse(fs_expression **out, const char *text);
void fs_expression_destroy(fs_expression *expression);
uint32_t fs_version(void);
uint32_t fs_abi_version(void);
typedef enum fs_log_level {
  FS_LOG_DEBUG = 0, FS_LOG_INFO = 1, FS_LOG_WARNING = 2, FS_LOG_ERROR = 3
} fs_log_level;
typedef void (*fs_log_callback)(fs_log_level level, const char *message, void *user);
void fs_log_set(fs_log_level level, fs_log_callback callback, void *user);
size_t fs_debug_live_handles(void);

#endif
