/* Memory for Little CMS, a context at a time. A profile that is refused for want of memory would pass for a damaged one, which
 * is ignored; and Little CMS 2.14 follows some pointers that it was refused, and loses blocks where it gives up. So each
 * context has a list of its blocks, which knows whether the system refused one. Small ones then come from the reserve. */
#ifndef COLOUR_MEMORY_H
#define COLOUR_MEMORY_H

#include <lcms2.h>
#include <lcms2_plugin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct ColourBlock {
  struct ColourBlock *before, *after;
  size_t size;
  size_t unused; /* so that what follows is aligned */
} ColourBlock;

/* The first block is the list's own end. */
typedef struct ColourMemory {
  ColourBlock blocks;
  int isShort;
} ColourMemory;

static inline void *colourTake(cmsContext context, cmsUInt32Number size) {
  ColourMemory *memory = (ColourMemory *)cmsGetContextUserData(context);
  if (!memory || size == 0 || size > (512u << 20)) return NULL; /* as without this */
  ColourBlock *block = (ColourBlock *)malloc(sizeof *block + size);
  if (!block) return memory->isShort = 1, NULL;
  block->size = size;
  block->before = &memory->blocks, block->after = memory->blocks.after;
  block->after->before = block, memory->blocks.after = block;
  return block + 1;
}

static inline void colourGive(cmsContext context, void *start) {
  (void)context;
  if (!start) return;
  ColourBlock *block = (ColourBlock *)start - 1;
  block->before->after = block->after, block->after->before = block->before;
  free(block);
}

static inline void *colourChange(cmsContext context, void *start, cmsUInt32Number size) {
  void *moved = colourTake(context, size);
  if (!moved || !start) return moved;
  const size_t old = ((ColourBlock *)start - 1)->size;
  memcpy(moved, start, old < size ? old : size);
  colourGive(context, start);
  return moved;
}

/* A context with a memory of its own; NULL if there is none for it. */
static inline cmsContext colourOpen(void) {
  cmsPluginMemHandler handler;
  ColourMemory *memory = (ColourMemory *)calloc(1, sizeof *memory);
  if (!memory) return NULL;
  memory->blocks.before = memory->blocks.after = &memory->blocks;
  memset(&handler, 0, sizeof handler);
  handler.base.Magic = cmsPluginMagicNumber, handler.base.ExpectedVersion = 2060, handler.base.Type = cmsPluginMemHandlerSig;
  handler.MallocPtr = colourTake, handler.FreePtr = colourGive, handler.ReallocPtr = colourChange;
  cmsContext context = cmsCreateContext(&handler, memory);
  if (!context) free(memory);
  return context;
}

static inline int colourIsShort(cmsContext context) {
  return ((ColourMemory *)cmsGetContextUserData(context))->isShort;
}

static inline void colourClose(cmsContext context) {
  ColourMemory *memory = (ColourMemory *)cmsGetContextUserData(context);
  cmsDeleteContext(context);
  while (memory->blocks.after != &memory->blocks) colourGive(NULL, memory->blocks.after + 1);
  free(memory);
}

#endif
