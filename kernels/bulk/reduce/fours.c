#include "bulk/reduce/fours.h"

#define ORDER(a, b, c, d)                                                                          \
    {                                                                                              \
        2 * a, 2 * a + 1, 2 * b, 2 * b + 1, 2 * c, 2 * c + 1, 2 * d, 2 * d + 1                     \
    }

const struct fours pel_fours = {
    .pack = {ORDER(0, 0, 0, 0), ORDER(0, 0, 0, 0), ORDER(1, 0, 0, 0), ORDER(0, 1, 0, 0),
             ORDER(2, 0, 0, 0), ORDER(0, 2, 0, 0), ORDER(1, 2, 0, 0), ORDER(0, 1, 2, 0),
             ORDER(3, 0, 0, 0), ORDER(0, 3, 0, 0), ORDER(1, 3, 0, 0), ORDER(0, 1, 3, 0),
             ORDER(2, 3, 0, 0), ORDER(0, 2, 3, 0), ORDER(1, 2, 3, 0), ORDER(0, 1, 2, 3)},
    .unpack = {ORDER(0, 0, 0, 0), ORDER(0, 0, 0, 0), ORDER(0, 0, 0, 0), ORDER(0, 1, 0, 0),
               ORDER(0, 0, 0, 0), ORDER(0, 0, 1, 0), ORDER(0, 0, 1, 0), ORDER(0, 1, 2, 0),
               ORDER(0, 0, 0, 0), ORDER(0, 0, 0, 1), ORDER(0, 0, 0, 1), ORDER(0, 1, 0, 2),
               ORDER(0, 0, 0, 1), ORDER(0, 0, 1, 2), ORDER(0, 0, 1, 2), ORDER(0, 1, 2, 3)},
};
