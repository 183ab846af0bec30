/* What systemd wants to hear (sd_notify(3): datagrams to $NOTIFY_SOCKET), without its library. Nothing happens elsewhere. */
#ifndef SERVICE_H
#define SERVICE_H

/* "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1". */
void service_tell(const char *state);
/* Seconds between two signs of life, half of what the unit allows; 0: none are wanted. */
double service_watchdog(void);

#endif
