/* Which of what a camera offers through Video for Linux is taken. */
#ifndef NEGOTIATION_H
#define NEGOTIATION_H

#include "settings.h"

/* ioctl, again where a signal came between. */
int camera_control(int device, unsigned long request, void *argument);
/* Agrees with the driver on format, size and rate, and says in `settings` which format and stride it is. With the format auto,
 * what costs least at the wanted size and rate. false, with what the camera offers on `errors`, when nothing fits. */
bool camera_agree(int device, struct settings *settings, FILE *errors);

#endif
