/* Prints where every public struct member lies and what every public constant is, and compares that
 * with layout.txt, which was written when each of them was released.
 *
 *   Tests/ABI/layout_test.sh                   compares
 *   Tests/ABI/layout_test.sh --update          writes layout.txt anew
 *
 * A difference is a broken promise unless lines were only added: a struct whose first member is `size`
 * may grow at its end (its sizeof then changes with it), an enum may get new names with new numbers, a
 * constant that is a default or a limit may be added. Offsets and numbers of lines that are there never
 * change; when they must, FS_ABI_VERSION and the SONAME change too. Whoever updates the file says why
 * in the commit. 64-bit systems alone: on others the test is skipped. */
#include <facestyle.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(name) {#name, (long long)(name)}
#define STRUCT(type) {"sizeof " #type, (long long)sizeof(type)}
#define MEMBER(type, member)                                             \
  {"offset " #type "." #member, (long long)offsetof(type, member)},      \
  {"sizeof " #type "." #member, (long long)sizeof(((type *)0)->member)}

static const struct { const char *name; long long value; } table[] = {
    NUMBER(FS_ABI_VERSION), NUMBER(FS_IMAGE_MAX_SIDE), NUMBER(FS_IMAGE_MAX_PIXELS), NUMBER(FS_NAME_CAPACITY),
    NUMBER(FS_DEFAULT_THRESHOLD),

    STRUCT(fs_status), NUMBER(FS_OK), NUMBER(FS_INVALID_ARGUMENT), NUMBER(FS_BAD_DATA), NUMBER(FS_IO),
    NUMBER(FS_NO_MEMORY), NUMBER(FS_NO_FACE), NUMBER(FS_CANCELLED), NUMBER(FS_NOT_FOUND), NUMBER(FS_WRONG_MODEL),
    NUMBER(FS_INTERNAL),

    STRUCT(fs_log_level), NUMBER(FS_LOG_DEBUG), NUMBER(FS_LOG_INFO), NUMBER(FS_LOG_WARNING), NUMBER(FS_LOG_ERROR),

    STRUCT(fs_host), MEMBER(fs_host, size), MEMBER(fs_host, processors), MEMBER(fs_host, allowed), MEMBER(fs_host, quota),
    MEMBER(fs_host, threads), MEMBER(fs_host, memory_limit), MEMBER(fs_host, instruction_set),

    STRUCT(fs_pixel_format), NUMBER(FS_RGB), NUMBER(FS_BGR), NUMBER(FS_RGBA), NUMBER(FS_BGRA), NUMBER(FS_GREY),
    NUMBER(FS_NV12), NUMBER(FS_NV21), NUMBER(FS_I420), NUMBER(FS_YUYV), NUMBER(FS_RGB16), NUMBER(FS_RGBA16),
    STRUCT(fs_pixels), MEMBER(fs_pixels, size), MEMBER(fs_pixels, data), MEMBER(fs_pixels, byte_count),
    MEMBER(fs_pixels, stride), MEMBER(fs_pixels, width), MEMBER(fs_pixels, height), MEMBER(fs_pixels, format),
    MEMBER(fs_pixels, rotation),
    STRUCT(fs_filter), NUMBER(FS_BILINEAR), NUMBER(FS_BICUBIC), NUMBER(FS_AREA),
    STRUCT(fs_file_format), NUMBER(FS_PNG), NUMBER(FS_JPEG),

    STRUCT(fs_region), MEMBER(fs_region, x), MEMBER(fs_region, y), MEMBER(fs_region, width), MEMBER(fs_region, height),
    STRUCT(fs_colour_matrix), NUMBER(FS_BT601), NUMBER(FS_BT709),
    STRUCT(fs_colour_range), NUMBER(FS_LIMITED_RANGE), NUMBER(FS_FULL_RANGE),
    STRUCT(fs_frame), MEMBER(fs_frame, size), MEMBER(fs_frame, planes), MEMBER(fs_frame, byte_counts),
    MEMBER(fs_frame, strides), MEMBER(fs_frame, width), MEMBER(fs_frame, height), MEMBER(fs_frame, format),
    MEMBER(fs_frame, rotation), MEMBER(fs_frame, mirrored), MEMBER(fs_frame, matrix), MEMBER(fs_frame, range),

    STRUCT(fs_strength), NUMBER(FS_AUGMENT_NONE), NUMBER(FS_AUGMENT_STANDARD), NUMBER(FS_AUGMENT_STRONG),
    STRUCT(fs_augmentation), MEMBER(fs_augmentation, size), MEMBER(fs_augmentation, flip),
    MEMBER(fs_augmentation, shift), MEMBER(fs_augmentation, turn), MEMBER(fs_augmentation, scale),
    MEMBER(fs_augmentation, brightness), MEMBER(fs_augmentation, contrast), MEMBER(fs_augmentation, grey),
    MEMBER(fs_augmentation, blur), MEMBER(fs_augmentation, blur_size), MEMBER(fs_augmentation, coarse),
    MEMBER(fs_augmentation, coarsest), MEMBER(fs_augmentation, compression), MEMBER(fs_augmentation, worst_quality),
    MEMBER(fs_augmentation, noise), MEMBER(fs_augmentation, noise_levels), MEMBER(fs_augmentation, occlusion),
    MEMBER(fs_augmentation, occlusion_size), MEMBER(fs_augmentation, blend), MEMBER(fs_augmentation, blend_share),

    STRUCT(fs_pooling), NUMBER(FS_POOLING_AVERAGE), NUMBER(FS_POOLING_MAX), NUMBER(FS_POOLING_L2),
    STRUCT(fs_architecture), MEMBER(fs_architecture, height), MEMBER(fs_architecture, width),
    MEMBER(fs_architecture, channels), MEMBER(fs_architecture, dimension), MEMBER(fs_architecture, parameters),
    MEMBER(fs_architecture, multiply_adds),

    STRUCT(fs_point), MEMBER(fs_point, x), MEMBER(fs_point, y),
    STRUCT(fs_face), MEMBER(fs_face, x), MEMBER(fs_face, y), MEMBER(fs_face, width), MEMBER(fs_face, height),
    MEMBER(fs_face, score), MEMBER(fs_face, landmarks),
    STRUCT(fs_face_order), NUMBER(FS_LARGEST_FIRST), NUMBER(FS_SUREST_FIRST),
    STRUCT(fs_detector_options), MEMBER(fs_detector_options, size), MEMBER(fs_detector_options, min_face),
    MEMBER(fs_detector_options, thresholds), MEMBER(fs_detector_options, scale_step),
    MEMBER(fs_detector_options, max_faces), MEMBER(fs_detector_options, order), MEMBER(fs_detector_options, region),

    STRUCT(fs_verdict), MEMBER(fs_verdict, distance), MEMBER(fs_verdict, threshold), MEMBER(fs_verdict, same),
    STRUCT(fs_match), MEMBER(fs_match, known), MEMBER(fs_match, distance), MEMBER(fs_match, threshold),
    MEMBER(fs_match, name), MEMBER(fs_match, nearest),
    STRUCT(fs_neighbour), MEMBER(fs_neighbour, photo), MEMBER(fs_neighbour, distance), MEMBER(fs_neighbour, name),

    STRUCT(fs_quality_reason), NUMBER(FS_QUALITY_SMALL), NUMBER(FS_QUALITY_BLURRED), NUMBER(FS_QUALITY_TURNED),
    NUMBER(FS_QUALITY_TILTED), NUMBER(FS_QUALITY_DARK), NUMBER(FS_QUALITY_BRIGHT), NUMBER(FS_QUALITY_FLAT),
    NUMBER(FS_QUALITY_CUT_OFF),
    STRUCT(fs_quality_options), MEMBER(fs_quality_options, size), MEMBER(fs_quality_options, min_eye_distance),
    MEMBER(fs_quality_options, min_sharpness), MEMBER(fs_quality_options, max_yaw),
    MEMBER(fs_quality_options, max_pitch), MEMBER(fs_quality_options, max_roll),
    MEMBER(fs_quality_options, min_brightness), MEMBER(fs_quality_options, max_brightness),
    MEMBER(fs_quality_options, max_clipped), MEMBER(fs_quality_options, min_contrast),
    MEMBER(fs_quality_options, max_outside),
    STRUCT(fs_quality), MEMBER(fs_quality, reasons), MEMBER(fs_quality, score), MEMBER(fs_quality, eye_distance),
    MEMBER(fs_quality, sharpness), MEMBER(fs_quality, yaw), MEMBER(fs_quality, pitch), MEMBER(fs_quality, roll),
    MEMBER(fs_quality, brightness), MEMBER(fs_quality, contrast), MEMBER(fs_quality, clipped_dark),
    MEMBER(fs_quality, clipped_bright), MEMBER(fs_quality, outside),
    STRUCT(fs_track_event), NUMBER(FS_TRACK_BEGUN), NUMBER(FS_TRACK_BEST), NUMBER(FS_TRACK_IDENTIFY), NUMBER(FS_TRACK_RETURNED),
    STRUCT(fs_tracker_options), MEMBER(fs_tracker_options, size), MEMBER(fs_tracker_options, min_overlap),
    MEMBER(fs_tracker_options, max_distance), MEMBER(fs_tracker_options, max_missed),
    MEMBER(fs_tracker_options, min_seen), MEMBER(fs_tracker_options, identify_every),
    MEMBER(fs_tracker_options, identify_better), MEMBER(fs_tracker_options, identify_gap),
    MEMBER(fs_tracker_options, max_tracks),
    STRUCT(fs_tracked), MEMBER(fs_tracked, track), MEMBER(fs_tracked, events), MEMBER(fs_tracked, begun),
    STRUCT(fs_track), MEMBER(fs_track, track), MEMBER(fs_track, seen), MEMBER(fs_track, missed),
    MEMBER(fs_track, first_time), MEMBER(fs_track, last_time), MEMBER(fs_track, face), MEMBER(fs_track, best_quality),
    MEMBER(fs_track, best_frame), MEMBER(fs_track, best_time), MEMBER(fs_track, best_face), MEMBER(fs_track, begun),
    STRUCT(fs_distance_kind), NUMBER(FS_DISTANCE_EUCLIDEAN), NUMBER(FS_DISTANCE_SQUARED), NUMBER(FS_DISTANCE_COSINE),
    NUMBER(FS_DISTANCE_CHI_SQUARE), NUMBER(FS_DISTANCE_DIFFERENCE_HEAD), NUMBER(FS_DISTANCE_CHI_SQUARE_HEAD),
    STRUCT(fs_rule), NUMBER(FS_RULE_NEAREST), NUMBER(FS_RULE_MEAN), NUMBER(FS_RULE_TEMPLATE), NUMBER(FS_RULE_VOTE),
    STRUCT(fs_identify_options), MEMBER(fs_identify_options, size), MEMBER(fs_identify_options, rule),
    MEMBER(fs_identify_options, kind), MEMBER(fs_identify_options, head), MEMBER(fs_identify_options, threshold),
    MEMBER(fs_identify_options, margin), MEMBER(fs_identify_options, neighbours),
    STRUCT(fs_identity), MEMBER(fs_identity, known), MEMBER(fs_identity, ambiguous), MEMBER(fs_identity, label), MEMBER(fs_identity, nearest),
    MEMBER(fs_identity, runner_up), MEMBER(fs_identity, distance), MEMBER(fs_identity, runner_up_distance),
    MEMBER(fs_identity, margin), MEMBER(fs_identity, threshold), MEMBER(fs_identity, photo),
    MEMBER(fs_identity, votes),
    STRUCT(fs_gallery_identity), MEMBER(fs_gallery_identity, known), MEMBER(fs_gallery_identity, ambiguous),
    MEMBER(fs_gallery_identity, distance), MEMBER(fs_gallery_identity, runner_up_distance),
    MEMBER(fs_gallery_identity, margin), MEMBER(fs_gallery_identity, threshold), MEMBER(fs_gallery_identity, photo),
    MEMBER(fs_gallery_identity, votes), MEMBER(fs_gallery_identity, name), MEMBER(fs_gallery_identity, nearest), MEMBER(fs_gallery_identity, runner_up),
    NUMBER(FS_NOTE_CAPACITY), NUMBER(FS_GALLERY_KEY_LENGTH),
    STRUCT(fs_gallery_options), MEMBER(fs_gallery_options, size), MEMBER(fs_gallery_options, key),
    MEMBER(fs_gallery_options, read_only), MEMBER(fs_gallery_options, create),
    STRUCT(fs_gallery_info), MEMBER(fs_gallery_info, size), MEMBER(fs_gallery_info, model), MEMBER(fs_gallery_info, people),
    MEMBER(fs_gallery_info, photos), MEMBER(fs_gallery_info, dimension), MEMBER(fs_gallery_info, threshold),
    MEMBER(fs_gallery_info, is_stored), MEMBER(fs_gallery_info, is_encrypted), MEMBER(fs_gallery_info, is_read_only),
    STRUCT(fs_enrolment_options), MEMBER(fs_enrolment_options, size), MEMBER(fs_enrolment_options, note),
    MEMBER(fs_enrolment_options, threshold), MEMBER(fs_enrolment_options, refuse),
    STRUCT(fs_enrolment), MEMBER(fs_enrolment, photo), MEMBER(fs_enrolment, added), MEMBER(fs_enrolment, conflict),
    MEMBER(fs_enrolment, distance), MEMBER(fs_enrolment, other),
    STRUCT(fs_gallery_report), MEMBER(fs_gallery_report, added), MEMBER(fs_gallery_report, present),
    MEMBER(fs_gallery_report, conflicts),
    STRUCT(fs_gallery_person), MEMBER(fs_gallery_person, photos), MEMBER(fs_gallery_person, created),
    MEMBER(fs_gallery_person, name),
    STRUCT(fs_gallery_photo), MEMBER(fs_gallery_photo, photo), MEMBER(fs_gallery_photo, created),
    MEMBER(fs_gallery_photo, name), MEMBER(fs_gallery_photo, note),

    STRUCT(fs_reduction), NUMBER(FS_SUM), NUMBER(FS_MEAN), NUMBER(FS_MEAN_OF_ACTIVE),
    STRUCT(fs_cost_variant), NUMBER(FS_COST_NORMALISED), NUMBER(FS_COST_LECTURE), NUMBER(FS_COST_MEANS),
    NUMBER(FS_COST_ROOTS),

    STRUCT(fs_loss_kind), NUMBER(FS_LOSS_TRIPLET), NUMBER(FS_LOSS_BATCH_HARD), NUMBER(FS_LOSS_SEMI_HARD),
    NUMBER(FS_LOSS_ALL_TRIPLETS), NUMBER(FS_LOSS_CONTRASTIVE), NUMBER(FS_LOSS_PAIR_DIFFERENCE),
    NUMBER(FS_LOSS_PAIR_CHI_SQUARE), NUMBER(FS_LOSS_SOFTMAX), NUMBER(FS_LOSS_CENTRE), NUMBER(FS_LOSS_COSFACE),
    NUMBER(FS_LOSS_ARCFACE), NUMBER(FS_LOSS_DISTILLATION), NUMBER(FS_LOSS_TEACHER_DISTANCE),
    NUMBER(FS_LOSS_CROSS_ENTROPY),
    STRUCT(fs_loss_options), MEMBER(fs_loss_options, size), MEMBER(fs_loss_options, kind),
    MEMBER(fs_loss_options, reduction), MEMBER(fs_loss_options, margin), MEMBER(fs_loss_options, epsilon),
    MEMBER(fs_loss_options, scale), MEMBER(fs_loss_options, centre_weight), MEMBER(fs_loss_options, centre_rate),
    MEMBER(fs_loss_options, cosine_weight), MEMBER(fs_loss_options, similarity_weight),
    STRUCT(fs_mining_statistics), MEMBER(fs_mining_statistics, triplets), MEMBER(fs_mining_statistics, active),
    MEMBER(fs_mining_statistics, hardest_positive), MEMBER(fs_mining_statistics, hardest_negative),
    STRUCT(fs_function), NUMBER(FS_FUNCTION_EXP), NUMBER(FS_FUNCTION_LOG), NUMBER(FS_FUNCTION_SQRT),
    NUMBER(FS_FUNCTION_SIN), NUMBER(FS_FUNCTION_COS), NUMBER(FS_FUNCTION_TANH), NUMBER(FS_FUNCTION_SIGMOID),
    NUMBER(FS_FUNCTION_SOFTPLUS), NUMBER(FS_FUNCTION_ABSOLUTE), NUMBER(FS_FUNCTION_RECIPROCAL), NUMBER(FS_FUNCTION_SQUARE),
    STRUCT(fs_differentiation), NUMBER(FS_FORWARD), NUMBER(FS_REVERSE), NUMBER(FS_NUMERIC),
    STRUCT(fs_gradient_options), MEMBER(fs_gradient_options, size), MEMBER(fs_gradient_options, step),
    MEMBER(fs_gradient_options, absolute), MEMBER(fs_gradient_options, relative),
    STRUCT(fs_gradient_report), MEMBER(fs_gradient_report, index), MEMBER(fs_gradient_report, analytic),
    MEMBER(fs_gradient_report, numeric), MEMBER(fs_gradient_report, ratio), MEMBER(fs_gradient_report, passed),

    STRUCT(fs_action), NUMBER(FS_CONTINUE), NUMBER(FS_FINISH), NUMBER(FS_CANCEL),
    STRUCT(fs_style_progress), MEMBER(fs_style_progress, size), MEMBER(fs_style_progress, step),
    MEMBER(fs_style_progress, steps), MEMBER(fs_style_progress, content), MEMBER(fs_style_progress, style),
    MEMBER(fs_style_progress, total), MEMBER(fs_style_progress, seconds), MEMBER(fs_style_progress, job),
    MEMBER(fs_style_progress, variation), MEMBER(fs_style_progress, width), MEMBER(fs_style_progress, height),
    MEMBER(fs_style_progress, ending), MEMBER(fs_style_progress, temporal),
    STRUCT(fs_style_ending), NUMBER(FS_ENDING_NONE), NUMBER(FS_ENDING_STEPS), NUMBER(FS_ENDING_CONVERGED),
    NUMBER(FS_ENDING_STALLED), NUMBER(FS_ENDING_NOT_FINITE), NUMBER(FS_ENDING_DEADLINE),
    STRUCT(fs_style_preset), NUMBER(FS_PRESET_PYRAMID), NUMBER(FS_PRESET_COURSE), NUMBER(FS_PRESET_GATYS),
    NUMBER(FS_PRESET_NEURAL_STYLE), NUMBER(FS_PRESET_NEURAL_STYLE_PT), NUMBER(FS_PRESET_NEURAL_STYLE_TF),
    NUMBER(FS_PRESET_CROWSONKB),
    STRUCT(fs_style_optimiser), NUMBER(FS_STYLE_ADAM), NUMBER(FS_STYLE_LBFGS),
    STRUCT(fs_style_start), NUMBER(FS_START_CONTENT), NUMBER(FS_START_NOISE), NUMBER(FS_START_STYLE),
    NUMBER(FS_START_IMAGE),
    STRUCT(fs_style_loss), NUMBER(FS_STYLE_LOSS_GRAM), NUMBER(FS_STYLE_LOSS_MOMENTS), NUMBER(FS_STYLE_LOSS_WASSERSTEIN),
    STRUCT(fs_style_edges), NUMBER(FS_EDGES_ZEROS), NUMBER(FS_EDGES_REPEATED), STRUCT(fs_mask_kind), NUMBER(FS_MASK_INSIDE),
    NUMBER(FS_MASK_SOFT),
    STRUCT(fs_total_variation), NUMBER(FS_VARIATION_ABSOLUTE), NUMBER(FS_VARIATION_SQUARED), NUMBER(FS_VARIATION_NINE_POINTS),
    STRUCT(fs_style_colours), NUMBER(FS_COLOURS_STYLE), NUMBER(FS_COLOURS_LUMINANCE), NUMBER(FS_COLOURS_CHOLESKY),
    NUMBER(FS_COLOURS_PRINCIPAL), NUMBER(FS_COLOURS_HISTOGRAM),
    STRUCT(fs_style_region), MEMBER(fs_style_region, place), MEMBER(fs_style_region, part),
    STRUCT(fs_style_layer), MEMBER(fs_style_layer, name), MEMBER(fs_style_layer, weight),
    STRUCT(fs_style_options), MEMBER(fs_style_options, size), MEMBER(fs_style_options, width),
    MEMBER(fs_style_options, height), MEMBER(fs_style_options, steps), MEMBER(fs_style_options, content_weight),
    MEMBER(fs_style_options, style_weight), MEMBER(fs_style_options, learning_rate),
    MEMBER(fs_style_options, noise_ratio), MEMBER(fs_style_options, seed), MEMBER(fs_style_options, pooling),
    MEMBER(fs_style_options, cost), MEMBER(fs_style_options, content_layer), MEMBER(fs_style_options, style_layers),
    MEMBER(fs_style_options, style_layer_count), MEMBER(fs_style_options, on_step), MEMBER(fs_style_options, user),
    MEMBER(fs_style_options, preset), MEMBER(fs_style_options, optimiser), MEMBER(fs_style_options, history),
    MEMBER(fs_style_options, coarsest), MEMBER(fs_style_options, averaging), MEMBER(fs_style_options, clamp),
    MEMBER(fs_style_options, deadline), MEMBER(fs_style_options, start), MEMBER(fs_style_options, style_scale),
    MEMBER(fs_style_options, colours), MEMBER(fs_style_options, variation), MEMBER(fs_style_options, variation_weight),
    MEMBER(fs_style_options, content_layers), MEMBER(fs_style_options, content_layer_count),
    MEMBER(fs_style_options, style_loss), MEMBER(fs_style_options, edges), MEMBER(fs_style_options, regions),
    MEMBER(fs_style_options, region_count), MEMBER(fs_style_options, mask_kind), MEMBER(fs_style_options, start_image),
    MEMBER(fs_style_options, content_map), MEMBER(fs_style_options, content_map_weight),
    MEMBER(fs_style_options, temporal_weight), MEMBER(fs_style_options, before), MEMBER(fs_style_options, before_mask),
    MEMBER(fs_style_options, tile), MEMBER(fs_style_options, depth),

    NUMBER(FS_UNIVERSAL_MAX_STYLES),
    STRUCT(fs_universal_method), NUMBER(FS_UNIVERSAL_COVARIANCE), NUMBER(FS_UNIVERSAL_VARIANCE),
    STRUCT(fs_universal_options), MEMBER(fs_universal_options, size), MEMBER(fs_universal_options, method),
    MEMBER(fs_universal_options, strength), MEMBER(fs_universal_options, levels), MEMBER(fs_universal_options, weights),
    MEMBER(fs_universal_options, weight_count),
    STRUCT(fs_fast_trainer_options), MEMBER(fs_fast_trainer_options, size), MEMBER(fs_fast_trainer_options, filters),
    MEMBER(fs_fast_trainer_options, blocks), MEMBER(fs_fast_trainer_options, side),
    MEMBER(fs_fast_trainer_options, scales), MEMBER(fs_fast_trainer_options, content_weight),
    MEMBER(fs_fast_trainer_options, style_weight), MEMBER(fs_fast_trainer_options, smoothness),
    MEMBER(fs_fast_trainer_options, rate), MEMBER(fs_fast_trainer_options, seed),
    STRUCT(fs_fast_training_step), MEMBER(fs_fast_training_step, size), MEMBER(fs_fast_training_step, step),
    MEMBER(fs_fast_training_step, content), MEMBER(fs_fast_training_step, style),
    MEMBER(fs_fast_training_step, smoothness), MEMBER(fs_fast_training_step, total),

    STRUCT(fs_layer), MEMBER(fs_layer, units), MEMBER(fs_layer, field), MEMBER(fs_layer, stride), MEMBER(fs_layer, start),
    NUMBER(FS_UNIT_MAX_PATCHES),
    STRUCT(fs_unit_search_options), MEMBER(fs_unit_search_options, size), MEMBER(fs_unit_search_options, patches),
    MEMBER(fs_unit_search_options, per_picture), MEMBER(fs_unit_search_options, longest_side),
    MEMBER(fs_unit_search_options, inside), MEMBER(fs_unit_search_options, pooling),
    MEMBER(fs_unit_search_options, units), MEMBER(fs_unit_search_options, unit_count),
    STRUCT(fs_unit_patch), MEMBER(fs_unit_patch, activation), MEMBER(fs_unit_patch, picture), MEMBER(fs_unit_patch, row),
    MEMBER(fs_unit_patch, column), MEMBER(fs_unit_patch, x), MEMBER(fs_unit_patch, y), MEMBER(fs_unit_patch, width),
    MEMBER(fs_unit_patch, height), MEMBER(fs_unit_patch, region),
    STRUCT(fs_palette), NUMBER(FS_PALETTE_GREY), NUMBER(FS_PALETTE_VIRIDIS),

    STRUCT(fs_optimiser), NUMBER(FS_SGD), NUMBER(FS_ADAM), NUMBER(FS_ADAMW), NUMBER(FS_RMSPROP),
    STRUCT(fs_schedule), NUMBER(FS_SCHEDULE_CONSTANT), NUMBER(FS_SCHEDULE_STEP), NUMBER(FS_SCHEDULE_COSINE),
    NUMBER(FS_SCHEDULE_ONE_CYCLE), NUMBER(FS_SCHEDULE_CYCLICAL),
    STRUCT(fs_precision), NUMBER(FS_FLOAT32), NUMBER(FS_FLOAT16),
    STRUCT(fs_trainer_options), MEMBER(fs_trainer_options, size), MEMBER(fs_trainer_options, architecture),
    MEMBER(fs_trainer_options, loss), MEMBER(fs_trainer_options, classes), MEMBER(fs_trainer_options, optimiser),
    MEMBER(fs_trainer_options, schedule), MEMBER(fs_trainer_options, steps), MEMBER(fs_trainer_options, warm_up),
    MEMBER(fs_trainer_options, rate), MEMBER(fs_trainer_options, momentum), MEMBER(fs_trainer_options, weight_decay),
    MEMBER(fs_trainer_options, longest_gradient), MEMBER(fs_trainer_options, seed),
    STRUCT(fs_trainer_info), MEMBER(fs_trainer_info, size), MEMBER(fs_trainer_info, height),
    MEMBER(fs_trainer_info, width), MEMBER(fs_trainer_info, dimension), MEMBER(fs_trainer_info, parameters),
    MEMBER(fs_trainer_info, step), MEMBER(fs_trainer_info, steps),
    STRUCT(fs_training_step), MEMBER(fs_training_step, size), MEMBER(fs_training_step, loss),
    MEMBER(fs_training_step, rate), MEMBER(fs_training_step, gradient_norm), MEMBER(fs_training_step, mining),
    STRUCT(fs_training_progress), MEMBER(fs_training_progress, size), MEMBER(fs_training_progress, step),
    MEMBER(fs_training_progress, steps), MEMBER(fs_training_progress, epoch), MEMBER(fs_training_progress, photos),
    MEMBER(fs_training_progress, loss), MEMBER(fs_training_progress, rate),
    MEMBER(fs_training_progress, gradient_norm), MEMBER(fs_training_progress, photos_per_second),
    MEMBER(fs_training_progress, mining),
    STRUCT(fs_training_options), MEMBER(fs_training_options, size), MEMBER(fs_training_options, batch),
    MEMBER(fs_training_options, photos_of_person), MEMBER(fs_training_options, augmentation),
    MEMBER(fs_training_options, teacher), MEMBER(fs_training_options, pairs), MEMBER(fs_training_options, triplets),
    MEMBER(fs_training_options, checkpoint), MEMBER(fs_training_options, checkpoint_every),
    MEMBER(fs_training_options, memory_limit), MEMBER(fs_training_options, seed),
    MEMBER(fs_training_options, on_step), MEMBER(fs_training_options, user),

    NUMBER(FS_OPERATING_POINTS),
    STRUCT(fs_pair), MEMBER(fs_pair, first), MEMBER(fs_pair, second), MEMBER(fs_pair, same), MEMBER(fs_pair, fold),
    STRUCT(fs_evaluation_options), MEMBER(fs_evaluation_options, size), MEMBER(fs_evaluation_options, folds),
    MEMBER(fs_evaluation_options, least_false_accepts),
    STRUCT(fs_operating_point), MEMBER(fs_operating_point, limit), MEMBER(fs_operating_point, tar),
    MEMBER(fs_operating_point, tar_low), MEMBER(fs_operating_point, tar_high), MEMBER(fs_operating_point, far),
    MEMBER(fs_operating_point, far_low), MEMBER(fs_operating_point, far_high), MEMBER(fs_operating_point, threshold),
    MEMBER(fs_operating_point, impostors_needed),
    STRUCT(fs_evaluation), MEMBER(fs_evaluation, genuine), MEMBER(fs_evaluation, impostors),
    MEMBER(fs_evaluation, folds), MEMBER(fs_evaluation, accuracy), MEMBER(fs_evaluation, accuracy_deviation),
    MEMBER(fs_evaluation, threshold), MEMBER(fs_evaluation, auc), MEMBER(fs_evaluation, equal_error_rate),
    MEMBER(fs_evaluation, points),
    STRUCT(fs_roc_point), MEMBER(fs_roc_point, threshold), MEMBER(fs_roc_point, far), MEMBER(fs_roc_point, tar),

    STRUCT(fs_calibration_options), MEMBER(fs_calibration_options, size),
    MEMBER(fs_calibration_options, false_accept_rate), MEMBER(fs_calibration_options, confidence),
    MEMBER(fs_calibration_options, people),
    STRUCT(fs_calibration), MEMBER(fs_calibration, threshold), MEMBER(fs_calibration, comparison_rate),
    MEMBER(fs_calibration, false_accepts), MEMBER(fs_calibration, max_false_accepts),
    MEMBER(fs_calibration, max_false_accepts_of_search), MEMBER(fs_calibration, false_rejects),
    MEMBER(fs_calibration, min_false_rejects), MEMBER(fs_calibration, max_false_rejects),
    MEMBER(fs_calibration, genuine), MEMBER(fs_calibration, impostors), MEMBER(fs_calibration, genuine_rejected),
    MEMBER(fs_calibration, impostors_accepted), MEMBER(fs_calibration, impostors_needed),
    STRUCT(fs_growth), MEMBER(fs_growth, people), MEMBER(fs_growth, false_accepts),
    MEMBER(fs_growth, max_false_accepts), MEMBER(fs_growth, threshold), MEMBER(fs_growth, false_rejects),
    MEMBER(fs_growth, min_false_rejects), MEMBER(fs_growth, max_false_rejects), MEMBER(fs_growth, impostors_needed),

    STRUCT(fs_tsne_progress), MEMBER(fs_tsne_progress, size), MEMBER(fs_tsne_progress, step),
    MEMBER(fs_tsne_progress, steps), MEMBER(fs_tsne_progress, divergence), MEMBER(fs_tsne_progress, seconds),
    STRUCT(fs_tsne_options), MEMBER(fs_tsne_options, size), MEMBER(fs_tsne_options, perplexity),
    MEMBER(fs_tsne_options, steps), MEMBER(fs_tsne_options, learning_rate), MEMBER(fs_tsne_options, exaggeration),
    MEMBER(fs_tsne_options, exaggerated_steps), MEMBER(fs_tsne_options, seed), MEMBER(fs_tsne_options, on_step),
    MEMBER(fs_tsne_options, user),
};

enum { LINES = sizeof table / sizeof table[0] };

int main(int argc, char **argv) {
  if (argc < 2) { /* the table itself */
    for (int i = 0; i < LINES; i++) printf("%s %lld\n", table[i].name, table[i].value);
    return 0;
  }
  FILE *golden = fopen(argv[1], "r");
  if (!golden) return perror(argv[1]), 2;
  int passed = 0, failed = 0, number = 0;
  char line[200], present[200];
  while (fgets(line, sizeof line, golden)) {
    line[strcspn(line, "\n")] = 0;
    if (!line[0] || line[0] == '#') continue;
    if (number < LINES) snprintf(present, sizeof present, "%s %lld", table[number].name, table[number].value);
    else snprintf(present, sizeof present, "nothing");
    number++;
    if (strcmp(line, present) == 0) passed++;
    else printf("FAILED: was \"%s\", is \"%s\"\n", line, present), failed++;
  }
  for (; number < LINES; number++)
    printf("FAILED: not in %s: \"%s %lld\"\n", argv[1], table[number].name, table[number].value), failed++;
  fclose(golden);
  printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}
