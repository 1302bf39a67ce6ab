/* What the sample pictures show. Each function paints the whole canvas. */
#ifndef PELTON_DATA_SCENES_H
#define PELTON_DATA_SCENES_H

#include "canvas.h"

/* Like photographs: occlusion, soft shading, texture down to single pixels. */
void paint_lake(struct canvas *canvas);
void paint_pebbles(struct canvas *canvas);
void paint_balloons(struct canvas *canvas);
void paint_moon(struct canvas *canvas);
void paint_marbles(struct canvas *canvas);
/* One balloon on a transparent ground. */
void paint_balloon_cutout(struct canvas *canvas);

/* Made by rule. */
void paint_zone_plate(struct canvas *canvas);
void paint_text_page(struct canvas *canvas);
/* Few colours: flat patches and steps of gray. */
void paint_color_chart(struct canvas *canvas);
/* A slow ramp: 8 bits show bands, 16 do not. */
void paint_dusk(struct canvas *canvas);

#endif
