#define _XOPEN_SOURCE 700

#include "people.h"

#include "view.h"

#include <errno.h>
#include <facestyle.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  FACES = 64,          /* of a frame, and tracks at a time */
  TURNED = 20,         /* degrees to a side beyond which a face looks strange, and overrules nothing */
  MEAN = 16,           /* looks that a visitor's mean is of, in effect: it follows who is there for long */
  FRAMES_APART = 5,    /* from one look at a face to the next: neighbours in time look alike */
  LIVENESS_MODELS = 8,
};

/* A frame that shows somebody. */
struct moment {
  double time;           /* the tracker's */
  struct timespec clock;
  uint64_t frame;
  uint64_t seen;         /* frames with the face so far, this one included; 0: no moment */
};

/* What is known of one who is before the camera. */
struct visitor {
  uint64_t track; /* 0: free */
  bool told;      /* an event has said who it is */
  char name[FS_NAME_CAPACITY]; /* "": unknown so far */
  float distance;
  uint32_t tries;
  uint64_t next_try;   /* frame */
  uint32_t reasons;    /* why the last look was of no use, fs_quality_reason bits */
  uint32_t pictures;   /* looks in a row that showed a picture of a face */
  bool is_picture;     /* an event has said so */
  float live;          /* the score of the last look, with `liveness` */
  uint32_t looks;      /* whose embeddings are in the visitor's mean */
  uint32_t strange;    /* looks in a row that showed another person */
  double since;        /* when the first frame came, the tracker's time */
  struct moment last;
  struct moment sure;  /* the last one that is surely of this person */
  struct moment doubt; /* the first one since then that may be of another */
};

struct people {
  struct settings settings;
  fs_model *finder, *network;
  fs_detector *detector;
  fs_model *judges[LIVENESS_MODELS];
  fs_liveness *liveness; /* NULL: not asked for */
  fs_embedder *embedder;
  fs_tracker *tracker;
  fs_gallery *gallery;
  struct visitor visitors[FACES];
  size_t dimension;
  float *embedding;
  float *means;        /* [FACES, dimension]: of each visitor's looks */
  float limit;         /* a distance from them beyond which it is another person, if the gallery does not know it for the same */
  float stranger_limit; /* the same from one nameless person to another: no name is at stake */
  float eye_distance;  /* pixels between the eyes; a face with less is enlarged to be looked at */
  uint64_t frame;
  double time;         /* of the last frame for the tracker: never goes back, whatever is done to the clock */
  uint32_t crops;
  struct stage_times times[STAGES];

  pthread_t loader;
  bool loading;        /* the thread is there */
  atomic_bool loaded;  /* and has done its work: `next`, or NULL if that failed */
  fs_gallery *next;    /* may be `gallery` itself */
  bool again;          /* asked for once more meanwhile */
};

static void note(struct people *people, enum stage stage, double since) { stage_note(&people->times[stage], since); }

static bool failed(fs_status status, const char *what, FILE *errors) {
  if (status == FS_OK) return false;
  fprintf(errors, "facestyle-camera: %s: %s\n", what, fs_last_error());
  return true;
}

/* ---- The gallery ---- */

/* For a gallery of so many photos, each of which may be taken for a stranger's; NAN if nothing is known of so many. */
static float threshold_for(const struct thresholds *thresholds, size_t photos) {
  if (!thresholds->count) return FS_DEFAULT_THRESHOLD;
  for (int i = 0; i < thresholds->count; i++)
    if ((double)photos <= thresholds->list[i].photos) return thresholds->list[i].distance;
  return NAN;
}

static fs_gallery *open_gallery(struct people *people, FILE *errors) {
  const struct settings *settings = &people->settings;
  fs_gallery *gallery = NULL;
  fs_gallery_options options;
  fs_gallery_options_init(&options, sizeof options);
  options.create = settings->create && !people->gallery; /* one that is gone at a reload leaves the old one */
  if (failed(fs_gallery_open(&gallery, settings->gallery, people->embedder, &options), "gallery", errors)) {
    if (!settings->create) fprintf(errors, "facestyle-camera: expected a gallery that exists; create = 1 creates an empty one\n");
    return NULL;
  }
  size_t photos = fs_gallery_photo_count(gallery);
  if (!isnan(threshold_for(&settings->threshold, photos))) return gallery;
  fprintf(errors, "facestyle-camera: gallery: it has %zu photos, and threshold none for more than %.0f\n", photos,
          settings->threshold.list[settings->threshold.count - 1].photos);
  fs_gallery_destroy(gallery);
  return NULL;
}

/* On a server only what is new is read, into the gallery in use; where a file was, another may be. */
static fs_gallery *read_again(struct people *people, FILE *errors) {
  if (!strstr(people->settings.gallery, "://")) return open_gallery(people, errors);
  return failed(fs_gallery_reload(people->gallery, NULL), "gallery", errors) ? NULL : people->gallery;
}

static void *load(void *argument) {
  struct people *people = argument;
  people->next = read_again(people, stderr);
  atomic_store(&people->loaded, true);
  return NULL;
}

void people_reload(struct people *people) {
  if (!people->settings.identify) return;
  if (people->loading) {
    people->again = true; /* what is read just now may be old */
    return;
  }
  people->loading = pthread_create(&people->loader, NULL, load, people) == 0;
  if (!people->loading) fprintf(stderr, "facestyle-camera: no thread to read the gallery again: the old one stays\n");
}

static void take_new_gallery(struct people *people) {
  if (!people->loading || !atomic_load(&people->loaded)) return;
  pthread_join(people->loader, NULL);
  people->loading = false;
  atomic_store(&people->loaded, false);
  if (people->next) {
    if (people->next != people->gallery) fs_gallery_destroy(people->gallery);
    people->gallery = people->next;
    people->next = NULL;
    fprintf(stderr, "facestyle-camera: the gallery was read again: people %zu, photos %zu\n",
            fs_gallery_person_count(people->gallery), fs_gallery_photo_count(people->gallery));
    /* Who is there and was unknown may be known now. */
    for (int i = 0; i < FACES; i++)
      if (!people->visitors[i].name[0]) people->visitors[i].tries = 0;
  }
  if (people->again) {
    people->again = false;
    people_reload(people);
  }
}

/* ---- Opening ---- */

void people_close(struct people *people) {
  if (!people) return;
  if (people->loading) {
    pthread_join(people->loader, NULL);
    if (people->next != people->gallery) fs_gallery_destroy(people->next);
  }
  fs_gallery_destroy(people->gallery);
  fs_tracker_destroy(people->tracker);
  fs_embedder_destroy(people->embedder);
  fs_liveness_destroy(people->liveness);
  for (int i = 0; i < LIVENESS_MODELS; i++) fs_model_destroy(people->judges[i]);
  fs_detector_destroy(people->detector);
  fs_model_destroy(people->network);
  fs_model_destroy(people->finder);
  free(people->means);
  free(people->embedding);
  free(people);
}

/* For frames that are reduced by so much. */
static bool make_detector(struct people *people, uint32_t reduction, FILE *errors) {
  fs_detector_options options;
  fs_detector_options_init(&options, sizeof options);
  options.min_face = people->settings.min_face / (float)reduction;
  options.max_faces = people->settings.max_faces < FACES ? people->settings.max_faces : FACES;
  fs_detector *detector = NULL;
  if (failed(fs_detector_create(&detector, people->finder, &options), "detector", errors)) return false;
  fs_detector_destroy(people->detector);
  people->detector = detector;
  return true;
}

static bool open_detector(struct people *people, FILE *errors) {
  const struct settings *settings = &people->settings;
  if (failed(fs_model_open(&people->finder, settings->detector), "detector", errors)) return false;
  if (!make_detector(people, 1, errors)) return false;
  if (!settings->identify || fs_detector_finds_points(people->detector)) return true;
  fprintf(errors, "facestyle-camera: detector: %s finds faces without points, by which nobody can be identified; expected another "
          "detector, such as mtcnn, or identify = no\n", settings->detector);
  return false;
}

static bool open_liveness(struct people *people, FILE *errors) {
  char names[PATH_LENGTH], *rest = NULL;
  size_t count = 0;
  strcpy(names, people->settings.liveness_models);
  for (char *name = strtok_r(names, " \t", &rest); name; name = strtok_r(NULL, " \t", &rest)) {
    if (count == LIVENESS_MODELS) return fprintf(errors, "facestyle-camera: liveness: more than %d models\n", LIVENESS_MODELS), false;
    if (failed(fs_model_open(&people->judges[count++], name), "liveness", errors)) return false;
  }
  return !failed(fs_liveness_create(&people->liveness, (const fs_model *const *)people->judges, count), "liveness", errors);
}

/* A network that sees whole photos knows nothing of a face in one. */
static bool sees_faces(const struct people *people, FILE *errors) {
  if (fs_embedder_aligns(people->embedder)) return true;
  fprintf(errors, "facestyle-camera: embedder: %s sees whole photos, by which nobody can be identified in a frame; expected another "
          "embedder, such as faces-nn4, or identify = no\n", people->settings.embedder);
  return false;
}

static bool open_gallery_and_embedder(struct people *people, FILE *errors) {
  if (failed(fs_model_open(&people->network, people->settings.embedder), "embedder", errors)) return false;
  if (failed(fs_embedder_create(&people->embedder, people->network), "embedder", errors)) return false;
  if (!sees_faces(people, errors)) return false;
  people->dimension = fs_embedder_dimension(people->embedder);
  /* Quality is measured in a square of 112 pixels, in which eyes are 0.353 of its side apart; in what networks see they are that,
   * or nearer to each other. */
  people->eye_distance = 0.353f * fmaxf(112, (float)fs_embedder_chip_width(people->embedder));
  /* The model's threshold is for photos of different days; looks a moment apart are nearer, and two people who resemble each
   * other within the threshold are still told apart. */
  float threshold = fs_embedder_threshold(people->embedder), change = people->settings.change_distance;
  people->limit = change > 0 ? change : 0.6f * threshold;
  people->stranger_limit = people->limit > threshold ? people->limit : threshold;
  people->embedding = malloc(people->dimension * sizeof(float));
  people->means = malloc(FACES * people->dimension * sizeof(float));
  if (!people->embedding || !people->means) return fprintf(errors, "no memory\n"), false;
  people->gallery = open_gallery(people, errors);
  return people->gallery != NULL;
}

/* Whether pictures can be written there: found out by writing one. */
static bool can_keep_crops(const struct settings *settings, FILE *errors) {
  if (!settings->crops[0]) return true;
  char path[PATH_LENGTH + 32];
  snprintf(path, sizeof path, "%s/.facestyle-camera-XXXXXX", settings->crops);
  int file = mkstemp(path);
  if (file < 0) return fprintf(errors, "facestyle-camera: crops: %s: %s\n", settings->crops, strerror(errno)), false;
  close(file);
  unlink(path);
  return true;
}

static bool open_all(struct people *people, FILE *errors) {
  if (!can_keep_crops(&people->settings, errors)) return false;
  if (failed(fs_threads_set(people->settings.threads), "threads", errors)) return false;
  if (failed(fs_memory_limit_set((uint64_t)people->settings.memory << 20), "memory", errors)) return false;
  if (!open_detector(people, errors)) return false;
  if (people->settings.liveness && !open_liveness(people, errors)) return false;
  fs_tracker_options tracking;
  fs_tracker_options_init(&tracking, sizeof tracking);
  tracking.max_tracks = FACES;
  tracking.identify_every = people->settings.identify_every;
  tracking.identify_gap = people->settings.identify_gap;
  tracking.identify_better = people->settings.identify_better > 0 ? people->settings.identify_better : INFINITY;
  if (failed(fs_tracker_create(&people->tracker, &tracking), "tracker", errors)) return false;
  return !people->settings.identify || open_gallery_and_embedder(people, errors);
}

struct people *people_open(const struct settings *settings, FILE *errors) {
  struct people *people = calloc(1, sizeof *people);
  if (!people) return fprintf(errors, "no memory\n"), NULL;
  people->settings = *settings;
  if (open_all(people, errors)) return people;
  people_close(people);
  return NULL;
}

bool people_expect(struct people *people, const struct settings *settings, FILE *errors) {
  people->settings = *settings;
  uint32_t reduction = view_reduction(settings);
  return reduction == 1 || make_detector(people, reduction, errors);
}

/* ---- One frame ---- */

/* The picture around a face, three times as wide and high. */
static fs_status picture_of(fs_image **image, const fs_frame *frame, const fs_face *face) {
  bool turned = frame->rotation % 180 != 0;
  float width = (float)(turned ? frame->height : frame->width), height = (float)(turned ? frame->width : frame->height);
  float left = floorf(fmaxf(face->x - face->width, 0)), top = floorf(fmaxf(face->y - face->height, 0));
  float right = ceilf(fminf(face->x + 2 * face->width, width)), bottom = ceilf(fminf(face->y + 2 * face->height, height));
  if (!(left < right && top < bottom)) left = top = 0, right = width, bottom = height;
  fs_region region = {(uint32_t)left, (uint32_t)top, (uint32_t)(right - left), (uint32_t)(bottom - top)};
  return fs_image_from_frame(image, frame, &region);
}

static struct visitor *visitor_of(struct people *people, uint64_t track, bool make) {
  struct visitor *free_one = NULL;
  for (int i = 0; i < FACES; i++) {
    if (people->visitors[i].track == track) return &people->visitors[i];
    if (!people->visitors[i].track) free_one = &people->visitors[i];
  }
  if (!make || !free_one) return NULL;
  *free_one = (struct visitor){.track = track, .distance = INFINITY};
  /* The track was there before it counted. */
  fs_track tracks[FACES];
  size_t count = 0;
  free_one->since = people->time;
  if (fs_tracker_tracks(people->tracker, tracks, FACES, &count) != FS_OK) return free_one;
  for (size_t i = 0; i < count && i < FACES; i++)
    if (tracks[i].track == track) free_one->since = tracks[i].first_time, free_one->last.seen = tracks[i].seen - 1;
  return free_one;
}

/* One more frame shows the visitor's face. After a gap it may be another's. */
static void see(struct people *people, struct visitor *visitor, const struct picture *picture, uint32_t events) {
  struct moment before = visitor->last;
  visitor->last = (struct moment){people->time, picture->time, people->frame, before.seen + 1};
  uint32_t gap = people->settings.identify_gap;
  if (!(events & FS_TRACK_RETURNED) || !gap || people->frame - before.frame <= gap || visitor->doubt.seen) return;
  visitor->sure = before, visitor->doubt = visitor->last;
}

static void keep_crop(struct people *people, struct view *view, const fs_face *face, struct events *events) {
  const struct settings *settings = &people->settings;
  if (!settings->crops[0]) return;
  char path[PATH_LENGTH + 32];
  snprintf(path, sizeof path, "%s/%07u.jpg", settings->crops, people->crops++ % settings->crops_kept);
  fs_image *image = NULL;
  const fs_frame *frame = view_whole(view);
  fs_status status = frame ? picture_of(&image, frame, face) : FS_BAD_DATA;
  if (status == FS_OK) status = fs_image_write(image, path);
  if (!failed(status, "crop", stderr)) event_text(events, "crop", path);
  fs_image_destroy(image);
}

/* What all events of a face have, to the end of the line. */
static bool tell_where(struct people *people, uint64_t track, struct view *view, const fs_face *face, struct events *events) {
  event_count(events, "track", track);
  event_count(events, "frame", view->picture->number);
  event_box(events, "box", face->x, face->y, face->width, face->height);
  keep_crop(people, view, face, events);
  return event_end(events);
}

static bool tell_who(struct people *people, const struct visitor *visitor, struct view *view, const fs_face *face, float threshold,
                     struct events *events) {
  event_begin(events, visitor->name[0] ? "person" : "unknown", view->picture->time);
  if (visitor->name[0]) event_text(events, "name", visitor->name);
  event_number(events, "distance", visitor->distance, 4);
  event_number(events, "threshold", threshold, 4);
  if (people->liveness) event_number(events, "live", visitor->live, 4);
  return tell_where(people, visitor->track, view, face, events);
}

static fs_status search(const struct people *people, fs_gallery_identity *identity) {
  static const struct {
    const char *name;
    fs_rule rule;
  } rules[] = {{"nearest", FS_RULE_NEAREST}, {"mean", FS_RULE_MEAN}, {"template", FS_RULE_TEMPLATE}, {"vote", FS_RULE_VOTE}};
  const struct settings *settings = &people->settings;
  fs_identify_options options;
  fs_identify_options_init(&options, sizeof options);
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
    if (!strcmp(rules[i].name, settings->rule)) options.rule = rules[i].rule;
  options.neighbours = settings->neighbours;
  options.margin = settings->margin;
  options.threshold = threshold_for(&settings->threshold, fs_gallery_photo_count(people->gallery));
  return fs_gallery_identify(people->gallery, people->embedding, people->dimension, &options, identity);
}

static bool tell_left(struct people *people, const struct visitor *visitor, struct events *events) {
  /* Frames of which it was not found out any more whose they are count for nobody who was named. */
  const struct moment *last = visitor->told && visitor->doubt.seen ? &visitor->sure : &visitor->last;
  event_begin(events, "left", last->clock);
  if (visitor->name[0]) event_text(events, "name", visitor->name);
  event_count(events, "track", visitor->track);
  event_number(events, "seconds", last->time - visitor->since, 2);
  event_count(events, "frames", last->seen);
  if (people->settings.identify && !visitor->told && visitor->is_picture) event_text(events, "reason", "a picture");
  else if (people->settings.identify && !visitor->told && visitor->reasons) /* never fit to be recognised: why not, at last */
    event_text(events, "reason", fs_quality_reason_text((fs_quality_reason)(visitor->reasons & -visitor->reasons)));
  return event_end(events);
}

static float *mean_of(const struct people *people, const struct visitor *visitor) {
  return people->means + (size_t)(visitor - people->visitors) * people->dimension;
}

/* Takes the embedding of a look into the visitor's mean: this frame is surely of that person. */
static void learn(struct people *people, struct visitor *visitor) {
  float *mean = mean_of(people, visitor);
  uint32_t count = visitor->looks < MEAN ? ++visitor->looks : MEAN;
  for (size_t i = 0; i < people->dimension; i++)
    mean[i] = count == 1 ? people->embedding[i] : mean[i] + (people->embedding[i] - mean[i]) / (float)count;
  visitor->sure = visitor->last, visitor->doubt = (struct moment){0}, visitor->strange = 0;
}

/* Whether a look shows another person than the visitor's looks before. Whom the gallery knows for the same is the same: a
 * person who turned to the light is still that person. */
static bool is_another(const struct people *people, const struct visitor *visitor, const fs_gallery_identity *found) {
  float distance = 0;
  if (!visitor->looks) return false;
  if (fs_distance(people->embedding, mean_of(people, visitor), people->dimension, &distance) != FS_OK) return false;
  if (!visitor->name[0]) return distance > (found->known ? people->limit : people->stranger_limit);
  if (!strcmp(visitor->name, found->name)) return false;
  return distance > people->limit || (found->known && found->distance < distance);
}

/* Another stands where the visitor stood, who has left: the track goes on as the other's, with the frames since the doubt. */
static bool replace(struct people *people, struct visitor *visitor, struct events *events, FILE *errors) {
  uint64_t track = 0;
  if (failed(fs_tracker_replace(people->tracker, visitor->track, &track), "tracker", errors)) return false;
  bool good = tell_left(people, visitor, events);
  struct visitor other = {
      .track = track, .distance = INFINITY, .since = visitor->doubt.time, .last = visitor->last, .next_try = visitor->next_try};
  other.last.seen -= visitor->doubt.seen - 1;
  *visitor = other;
  return good;
}

/* Whether a look shows a living face. A picture names nobody and overrules nothing; after as many looks as a stranger gets in a
 * row, an event tells of it, once. */
static bool is_live(struct people *people, struct visitor *visitor, struct view *view, const fs_face *face, const fs_frame *frame,
                    const fs_face *there, struct events *events, FILE *errors, bool *good) {
  fs_liveness_verdict verdict = {.size = sizeof verdict};
  double start = milliseconds();
  if (failed(fs_liveness_check_frame(people->liveness, frame, there, &verdict), "liveness", errors)) return false;
  note(people, LIVE, start);
  visitor->live = verdict.score;
  if (verdict.is_live) {
    visitor->pictures = 0;
    return true;
  }
  visitor->reasons = 0;
  if (++visitor->pictures < people->settings.tries || visitor->is_picture) return false;
  visitor->is_picture = true;
  event_begin(events, "picture", view->picture->time);
  event_number(events, "live", verdict.score, 4);
  *good = tell_where(people, visitor->track, view, face, events);
  return false;
}

/* Looks who it is, if the face is fit for it; events tell what was found. */
static bool identify(struct people *people, struct visitor *visitor, struct view *view, const fs_face *face, struct events *events,
                     FILE *errors) {
  fs_face there;
  const fs_frame *frame = view_of_face(view, face, people->eye_distance, &there);
  if (!frame) {
    failed(FS_BAD_DATA, "frame", errors);
    fs_tracker_identify_again(people->tracker, visitor->track);
    return true;
  }
  fs_quality quality = {.size = sizeof quality};
  double start = milliseconds();
  fs_status status = fs_face_quality_frame(frame, &there, NULL, &quality);
  if (status != FS_OK || quality.reasons) { /* a poor photo overrules nothing */
    visitor->reasons = quality.reasons;
    fs_tracker_identify_again(people->tracker, visitor->track);
    return true;
  }
  bool good = true;
  if (people->liveness && !is_live(people, visitor, view, face, frame, &there, events, errors, &good)) {
    fs_tracker_identify_again(people->tracker, visitor->track);
    return good;
  }
  status = fs_embedder_embed_frame(people->embedder, frame, &there, 1, people->embedding, people->dimension);
  if (failed(status, "face", errors)) return true; /* of this face alone */
  note(people, EMBED, start);

  fs_gallery_identity found = {.size = sizeof found};
  start = milliseconds();
  if (failed(search(people, &found), "gallery", errors)) return false;
  note(people, SEARCH, start);
  visitor->reasons = 0;
  if (is_another(people, visitor, &found)) {
    if (fabsf(quality.yaw) > TURNED) {
      fs_tracker_identify_again(people->tracker, visitor->track);
      return true;
    }
    if (!visitor->doubt.seen) visitor->doubt = visitor->last;
    if (++visitor->strange < people->settings.change_looks) return true;
    if (!visitor->told) visitor->looks = 0, visitor->tries = 0, visitor->distance = INFINITY; /* nobody was announced */
    else if (!replace(people, visitor, events, errors)) return false;
  }
  learn(people, visitor);
  if (visitor->name[0]) return true;
  visitor->tries++;
  if (found.distance < visitor->distance) visitor->distance = found.distance;
  if (found.known) strcpy(visitor->name, found.name);
  if (!found.known && (visitor->told || visitor->tries < people->settings.tries)) return true;
  visitor->told = true;
  return tell_who(people, visitor, view, face, found.threshold, events);
}

/* Whether the time has come to look who it is. */
static bool is_time(struct people *people, struct visitor *visitor, uint32_t events) {
  bool wanted = (events & FS_TRACK_IDENTIFY) || visitor->doubt.seen ||
                (!visitor->name[0] && visitor->tries < people->settings.tries);
  if (!wanted) return false;
  if (people->frame < visitor->next_try) {
    if (events & FS_TRACK_IDENTIFY) fs_tracker_identify_again(people->tracker, visitor->track);
    return false;
  }
  visitor->next_try = people->frame + FRAMES_APART;
  return true;
}

static bool tell_who_left(struct people *people, struct events *events) {
  fs_track tracks[FACES];
  size_t count = 0;
  bool good = true;
  if (fs_tracker_ended(people->tracker, tracks, FACES, &count) != FS_OK) return true;
  for (size_t i = 0; i < count && i < FACES; i++) {
    struct visitor *visitor = visitor_of(people, tracks[i].track, false);
    if (!visitor) continue; /* was replaced, and said to have left */
    good = tell_left(people, visitor, events) && good;
    visitor->track = 0;
  }
  return good;
}

static bool look(struct people *people, struct view *view, struct events *events, FILE *errors) {
  const struct picture *picture = view->picture;
  fs_face faces[FACES];
  fs_tracked tracked[FACES];
  size_t count = 0;
  people->frame++;
  take_new_gallery(people);

  double start = milliseconds();
  if (failed(fs_detector_find_frame(people->detector, &view->found, NULL, faces, FACES, &count), "detector", errors)) return false;
  if (count > FACES) count = FACES;
  note(people, DETECT, start);
  for (size_t i = 0; i < count; i++) view_enlarge(view, &faces[i]);

  start = milliseconds();
  if (picture->seconds > people->time) people->time = picture->seconds;
  if (failed(fs_tracker_update(people->tracker, faces, NULL, count, people->time, tracked, FACES), "tracker", errors)) return false;
  note(people, TRACK, start);

  for (size_t i = 0; i < count; i++) {
    if (!tracked[i].track || !tracked[i].begun) continue;
    struct visitor *visitor = visitor_of(people, tracked[i].track, true);
    if (!visitor) continue;
    see(people, visitor, picture, tracked[i].events);
    if (!people->settings.identify) {
      if (!(tracked[i].events & FS_TRACK_BEGUN)) continue;
      event_begin(events, "face", picture->time);
      if (!tell_where(people, tracked[i].track, view, &faces[i], events)) return false;
      continue;
    }
    if (!is_time(people, visitor, tracked[i].events)) continue;
    if (!identify(people, visitor, view, &faces[i], events, errors)) return false;
  }
  return tell_who_left(people, events);
}

enum look people_look(struct people *people, const struct picture *picture, struct events *events, FILE *errors, char *reason,
                      size_t reason_size) {
  struct view view;
  fs_status status = view_open(&view, &people->settings, picture, &people->times[DECODE], reason, reason_size);
  if (status == FS_BAD_DATA) return LOOK_DAMAGED;
  if (status != FS_OK) return fprintf(errors, "facestyle-camera: frame: %s\n", reason), LOOK_FAILED;
  bool good = look(people, &view, events, errors);
  view_close(&view);
  return good ? LOOK_DONE : LOOK_FAILED;
}

void people_leave(struct people *people, struct events *events) {
  if (fs_tracker_finish(people->tracker) == FS_OK) tell_who_left(people, events);
}

void people_times(struct people *people, struct stage_times times[STAGES]) {
  memcpy(times, people->times, sizeof people->times);
  memset(people->times, 0, sizeof people->times);
}
