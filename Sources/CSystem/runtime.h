/* What the embedded library is linked with in place of parts of Embedded Swift's runtime (6.3) and of what that asks for. */
#ifndef CSYSTEM_RUNTIME_H
#define CSYSTEM_RUNTIME_H

#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

/* As the compiler writes it. */
typedef struct SystemClass {
  const struct SystemClass *super;
  void *destroy;
  void (*destroyMembers)(__attribute__((swift_context)) void *) __attribute__((swiftcall)); /* NULL: it has none */
} SystemClass;

extern void swift_deallocClassInstance(void *, size_t, size_t);

/* Of an object whose initialiser throws the runtime destroys what it holds and never frees it: each error of such an initialiser
 * would cost a block. `initialising`: the class whose initialiser threw. It has destroyed its own members; those of its
 * subclasses are whole. */
static inline void systemFreeUnfinished(void *object, const void *initialising, size_t size, size_t alignmentMask) {
  for (const SystemClass *class = *(const SystemClass **)object; class && class != initialising; class = class->super)
    if (class->destroyMembers) class->destroyMembers(object);
  swift_deallocClassInstance(object, size, alignmentMask);
}

/* The seed of hashes. The runtime asks for arc4random_buf, which glibc has from 2.36 on. Where the kernel has no random numbers
 * to give, the bytes stay as they are: a seed need not be a secret here. */
static inline void systemRandomBytes(void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    const ssize_t got = getrandom((char *)bytes + done, count - done, 0);
    if (got > 0) done += (size_t)got;
    else if (errno != EINTR) return;
  }
}

#endif
