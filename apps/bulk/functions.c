/* `pelton bulk --functions`. */
#include "bulk/bulk.h"

#include <string.h>

static int width_of_call(const struct pel_function_info *info)
{
    return (int)(strlen(info->name) + strlen(info->arguments) + 2);
}

static void print(bool aggregates, int calls, int abouts)
{
    struct pel_function_info info;
    for (int i = 0; pel_function_describe(i, &info); i++)
        if (info.aggregate == aggregates)
            printf("  %s(%s)%*s%-*s%s\n", info.name, info.arguments,
                   calls + 2 - width_of_call(&info), "", abouts + 2, info.about, info.accuracy);
}

void bulk_print_functions(void)
{
    struct pel_function_info info;
    int calls = 0, abouts = 0;
    for (int i = 0; pel_function_describe(i, &info); i++) {
        int call = width_of_call(&info), about = (int)strlen(info.about);
        calls = call > calls ? call : calls;
        abouts = about > abouts ? about : abouts;
    }
    puts("Functions, of a row's values:");
    print(false, calls, abouts);
    puts("\nAggregates, of all rows or of those of a group:");
    print(true, calls, abouts);
    puts("\nThe last column says how far a result may be from the exact one, in units in the last "
         "place (ulp).");
}
