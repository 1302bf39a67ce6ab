#include "bulk/engine/compile/scope.h"

/* Text that a query may have; what is compiled from it is a small multiple of that. */
enum { QUERY_NBYTES_MAX = 65536 };

static int copy_arguments(struct front *front, struct pel_plan *plan, const char *text,
                          const struct pel_field *fields, size_t nfields)
{
    front->text = pel_front_name(front, (struct pel_string){text, front->nbytes});
    struct pel_field *copy = pel_front_take(front, nfields + 1, sizeof *copy);
    if (!front->text || !copy)
        return -1;
    for (size_t i = 0; i < nfields; i++) {
        copy[i].type = fields[i].type;
        copy[i].name = pel_front_name(front, pel_string_of(fields[i].name));
        if (!copy[i].name)
            return -1;
    }
    plan->source = copy;
    plan->nsource = nfields;
    return 0;
}

static int compile(struct front *front, struct pel_plan *plan, const char *text,
                   const struct pel_field *fields, size_t nfields)
{
    if (front->nbytes > QUERY_NBYTES_MAX)
        return pel_mistake(front, (struct span){QUERY_NBYTES_MAX, front->nbytes},
                           "a query has at most %u bytes", (uint64_t)QUERY_NBYTES_MAX);
    if (nfields > INT32_MAX / 2)
        return pel_mistake(front, (struct span){0, 0}, "there are too many columns");
    struct stage *stages = NULL;
    if (copy_arguments(front, plan, text, fields, nfields) || pel_parse(front, &stages))
        return -1;
    struct scope *last = pel_scope_stages(front, plan, stages);
    if (!last)
        return -1;
    plan->scalar = last->one_row && !pel_scope_is_shaped(last) && !last->nfilters;
    return pel_emit(front, plan, last);
}

int pel_plan_compile(struct pel_plan **out, const char *text, size_t nbytes,
                     const struct pel_field *fields, size_t nfields,
                     struct pel_query_error *mistake)
{
    *out = NULL;
    struct front front = {.arena = pel_arena_open(), .nbytes = nbytes};
    struct pel_plan *plan = front.arena ? pel_front_take(&front, 1, sizeof *plan) : NULL;
    if (plan) {
        plan->arena = front.arena;
        (void)compile(&front, plan, text, fields, nfields);
    } else {
        front.status = -ENOMEM;
    }
    if (front.status)
        pel_arena_close(front.arena);
    else
        *out = plan;
    if (mistake)
        *mistake = front.mistake;
    return front.status;
}

const struct pel_field *pel_plan_fields(const struct pel_plan *plan, size_t *nfields)
{
    const struct segment *last = &plan->segments[plan->nsegments - 1];
    *nfields = last->nfields;
    return last->fields;
}

bool pel_plan_is_scalar(const struct pel_plan *plan)
{
    return plan->scalar;
}

int pel_plan_passes(const struct pel_plan *plan)
{
    int passes = 0;
    for (int i = 0; i < plan->nsegments; i++)
        passes += plan->segments[i].input < 0;
    return passes;
}

void pel_plan_free(struct pel_plan *plan)
{
    if (plan)
        pel_arena_close(plan->arena);
}
