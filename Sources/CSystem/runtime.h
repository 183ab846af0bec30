/* Objects whose initialiser throws: Embedded Swift's runtime (6.3) destroys what they hold and never frees them, so that
 * each error of such an initialiser would cost a block. The embedded library is linked with this in its place. */
#ifndef CSYSTEM_RUNTIME_H
#define CSYSTEM_RUNTIME_H

#include <stddef.h>

/* As the compiler writes it. */
typedef struct SystemClass {
  const struct SystemClass *super;
  void *destroy;
  void (*destroyMembers)(__attribute__((swift_context)) void *) __attribute__((swiftcall)); /* NULL: it has none */
} SystemClass;

extern void swift_deallocClassInstance(void *, size_t, size_t);

/* `initialising`: the class whose initialiser threw. It has destroyed its own members; those of its subclasses are whole. */
static inline void systemFreeUnfinished(void *object, const void *initialising, size_t size, size_t alignmentMask) {
  for (const SystemClass *class = *(const SystemClass **)object; class && class != initialising; class = class->super)
    if (class->destroyMembers) class->destroyMembers(object);
  swift_deallocClassInstance(object, size, alignmentMask);
}

#endif
