/* Partial results of leaves that are finished in any order, combined pairwise, neighbours first: the shape of
 * pel_reduce's tree, whatever the order. A node waits here until its sibling is there too, so about as many
 * wait as leaves are in the works at once, and log2 of their number. */
#ifndef PELTON_BULK_TREE_H
#define PELTON_BULK_TREE_H

#include <pelton/core.h>

struct pel_tree;

/* combine(ctx, into, from) folds the right neighbour `from` into `into`. -ENOMEM. */
PEL_MUST_CHECK int pel_tree_open(struct pel_tree **out, size_t partial_nbytes,
                                 void (*combine)(void *ctx, void *into, const void *from),
                                 void *ctx);

/* Hands in a leaf's partial result, which is copied. Each index of 0, 1, ... once. From any thread. -ENOMEM. */
PEL_MUST_CHECK int pel_tree_add(struct pel_tree *tree, uint64_t leaf, const void *partial);

/* All leaves of 0 to n - 1 are there: writes the result of all to *partial. False, and nothing is written,
 * where there were none. */
bool pel_tree_finish(struct pel_tree *tree, void *partial);

/* NULL is fine. */
void pel_tree_close(struct pel_tree *tree);

#endif
