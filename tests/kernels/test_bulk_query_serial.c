/* The same queries as a debugger sees them. */
#define PELTON_QUERY_SERIAL
#include "test_bulk_query.c"
