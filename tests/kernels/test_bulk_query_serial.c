/* The same queries as a debugger sees them: serial and, by tests/CMakeLists.txt, not optimized. */
#define PELTON_QUERY_SERIAL
#include "test_bulk_query.c"
