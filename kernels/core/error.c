#include <pelton/core.h>

#include <string.h>

const char *pel_stage_name(enum pel_stage stage)
{
    static const char *const names[PEL_STAGE_COUNT] = {
        [PEL_STAGE_NONE] = "",         [PEL_STAGE_OPEN] = "open",
        [PEL_STAGE_STAT] = "stat",     [PEL_STAGE_READ] = "read",
        [PEL_STAGE_DECODE] = "decode", [PEL_STAGE_COMPUTE] = "compute",
        [PEL_STAGE_ENCODE] = "encode", [PEL_STAGE_WRITE] = "write",
        [PEL_STAGE_SYNC] = "sync",     [PEL_STAGE_RENAME] = "rename",
    };
    return (unsigned)stage < PEL_STAGE_COUNT ? names[stage] : "";
}

int pel_error_set(struct pel_error *err, int code, enum pel_stage stage, const char *message)
{
    if (!err)
        return code;
    size_t nbytes = strlen(message);
    if (nbytes >= sizeof err->message)
        nbytes = sizeof err->message - 1;
    err->code = code;
    err->stage = stage;
    err->offset = -1;
    memcpy(err->message, message, nbytes);
    err->message[nbytes] = '\0';
    return code;
}
