#include "bulk/tree.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Node (level, index) covers the leaves from index << level on, 1 << level of them. */
struct node {
    struct node *next;
    unsigned level;
    uint64_t index;
};

struct pel_tree {
    size_t nbytes;
    void (*combine)(void *ctx, void *into, const void *from);
    void *ctx;
    pthread_mutex_t lock; /* over the list */
    struct node *waiting; /* whose siblings are not there yet */
};

static void *partial_of(struct node *node)
{
    return (unsigned char *)node + (sizeof *node + 15) / 16 * 16;
}

int pel_tree_open(struct pel_tree **out, size_t partial_nbytes,
                  void (*combine)(void *ctx, void *into, const void *from), void *ctx)
{
    struct pel_tree *tree = calloc(1, sizeof *tree);
    *out = tree;
    if (!tree)
        return -ENOMEM;
    tree->nbytes = partial_nbytes;
    tree->combine = combine;
    tree->ctx = ctx;
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&tree->lock, NULL);
    return 0;
}

/* Takes the sibling out of the list, or puts the node in. */
static struct node *meet(struct pel_tree *tree, struct node *node)
{
    pthread_mutex_lock(&tree->lock);
    struct node **place = &tree->waiting;
    while (*place && !((*place)->level == node->level && (*place)->index == (node->index ^ 1)))
        place = &(*place)->next;
    struct node *sibling = *place;
    if (sibling) {
        *place = sibling->next;
    } else {
        node->next = tree->waiting;
        tree->waiting = node;
    }
    pthread_mutex_unlock(&tree->lock);
    return sibling;
}

/* The two as one; the other is freed. */
static struct node *merge(struct pel_tree *tree, struct node *left, struct node *right)
{
    tree->combine(tree->ctx, partial_of(left), partial_of(right));
    free(right);
    left->level++;
    left->index /= 2;
    return left;
}

int pel_tree_add(struct pel_tree *tree, uint64_t leaf, const void *partial)
{
    struct node *node = malloc((sizeof *node + 15) / 16 * 16 + tree->nbytes), *sibling;
    if (!node)
        return -ENOMEM;
    *node = (struct node){.index = leaf};
    memcpy(partial_of(node), partial, tree->nbytes);
    while ((sibling = meet(tree, node)))
        node = node->index % 2 ? merge(tree, sibling, node) : merge(tree, node, sibling);
    return 0;
}

/* The smallest subtree is the rightmost. */
static struct node *take_lowest(struct pel_tree *tree)
{
    struct node **lowest = &tree->waiting;
    for (struct node **place = lowest; *place; place = &(*place)->next)
        if ((*place)->level < (*lowest)->level)
            lowest = place;
    struct node *node = *lowest;
    if (node)
        *lowest = node->next;
    return node;
}

/* What waits are the complete subtrees of the leaves' number in binary. The rightmost goes up as it is until
 * it meets one. */
bool pel_tree_finish(struct pel_tree *tree, void *partial)
{
    struct node *right = take_lowest(tree), *left;
    if (!right)
        return false;
    while ((left = take_lowest(tree)))
        right = merge(tree, left, right);
    memcpy(partial, partial_of(right), tree->nbytes);
    free(right);
    return true;
}

void pel_tree_close(struct pel_tree *tree)
{
    if (!tree)
        return;
    while (tree->waiting) {
        struct node *node = tree->waiting;
        tree->waiting = node->next;
        free(node);
    }
    pthread_mutex_destroy(&tree->lock);
    free(tree);
}
