/* A photo repainted in the manner of a painting.
 *
 *   ./stylize vgg19.safetensors photo.jpg painting.jpg out.png
 *
 * A long call tells how far it is through a callback on your own thread. The callback's answer lets it
 * go on, finish early with the picture so far (here: Ctrl-C), or drop everything. Back to decode.c:
 * `out` is an fs_image like any other. */
#include "common.h"

#include <signal.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number) {
  (void)signal_number;
  interrupted = 1;
}

static fs_action show(const fs_style_progress *progress, void *user) {
  (void)user;
  fprintf(stderr, "\rstep %u of %u, cost %.4g (content %.4g, style %.4g), %.0f s ", progress->step, progress->steps,
          progress->total, progress->content, progress->style, progress->seconds);
  return interrupted ? FS_FINISH : FS_CONTINUE;
}

int main(int argc, char **argv) {
  want_arguments(argc, argv, 4, "VGG19 CONTENT STYLE OUT.png");

  fs_model *vgg = NULL;
  fs_styler *styler = NULL;
  fs_image *content = NULL, *style = NULL, *out = NULL;
  TRY(fs_model_open(&vgg, argv[1]));
  TRY(fs_styler_create(&styler, vgg));
  TRY(fs_image_open(&content, argv[2]));
  TRY(fs_image_open(&style, argv[3]));

  fs_style_options options;
  TRY(fs_style_options_init(&options, sizeof options));
  options.width = 400; /* the height follows; the work grows with the area */
  options.on_step = show;
  signal(SIGINT, interrupt);
  TRY(fs_styler_run(styler, &out, content, style, &options));
  fprintf(stderr, "\n");
  TRY(fs_image_write(out, argv[4]));
  printf("%s is %u x %u pixels%s\n", argv[4], fs_image_width(out), fs_image_height(out), interrupted ? ", finished early" : "");

  fs_image_destroy(out), fs_image_destroy(style), fs_image_destroy(content);
  fs_styler_destroy(styler);
  fs_model_destroy(vgg);
  return 0;
}
