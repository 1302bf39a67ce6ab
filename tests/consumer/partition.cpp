#include <pelton/codec.h>
#include <pelton/core.h>
#include <pelton/load.h>

#include <iostream>

int main()
{
    std::size_t items = 0;
    for (std::size_t i = 0; i < 4; i++) {
        const pel_range range = pel_partition(76, 4, i);
        items += range.hi - range.lo;
    }
    pel_load_backend_info backend;
    const bool loads = pel_load_backend_describe(0, &backend);
    std::cout << items << '\n';
    return loads && pel_codec_for_name("png") ? 0 : 1;
}
