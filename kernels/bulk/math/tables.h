/* Written by scripts/math_tables.py, which says how. A table of pairs holds each number as a sum. */
#ifndef PELTON_BULK_MATH_TABLES_H
#define PELTON_BULK_MATH_TABLES_H

#include <stdint.h>

/* clang-format off */

/* 2^(j / 16); log(2) / 16, the high part of which has 37 bits; (e^r - 1 - r) / r^2. */
static const double exp_table_high[16] = {
    0x1p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f09p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0,
};
static const double exp_table_low[16] = {
    0, 0x1.8a62e4adc610bp-54, -0x1.19041b9d78a76p-55, 0x1.9b07eb6c70573p-54,
    0x1.6f46ad23182e4p-55, 0x1.ada0911f09ebcp-55, 0x1.d4397afec42e2p-56, 0x1.6324c054647adp-54,
    -0x1.bdd3413b26456p-54, -0x1.41577ee04992fp-55, 0x1.6e9f156864b27p-54, 0x1.c7c46b071f2bep-56,
    0x1.7a1cd345dcc81p-54, 0x1.11065895048ddp-55, 0x1.2ed02d75b3707p-55, -0x1.e9c23179c2893p-54,
};
#define EXP_STEPS 0x1.71547652b82fep+4
#define EXP_STEP_HIGH 0x1.62e42fefap-5
#define EXP_STEP_LOW 0x1.cf79abc9e3b3ap-44
#define EXP_LN2 0x1.62e42fefa39efp-1
static const double exp_polynomial[6] = {
    0x1.0000000000001p-1, 0x1.5555555555556p-3, 0x1.55555554e8d7bp-5, 0x1.11111110e0d94p-7,
    0x1.6c17ede661f5cp-10, 0x1.a01b0cb76698bp-13,
};
#define LOG_OF_2_HIGH 0x1.62e42fefa38p-1
#define LOG_OF_2_LOW 0x1.ef35793c7673p-45
#define LOG_OF_E_HIGH 0x1p+0
#define LOG_OF_E_LOW 0
#define LOG_OF_E 0x1p+0
#define LOG2_OF_2_HIGH 0x1p+0
#define LOG2_OF_2_LOW 0
#define LOG2_OF_E_HIGH 0x1.715476p+0
#define LOG2_OF_E_LOW 0x1.4ae0bf85ddf44p-26
#define LOG2_OF_E 0x1.71547652b82fep+0
#define LOG10_OF_2_HIGH 0x1.34413509f8p-2
#define LOG10_OF_2_LOW -0x1.80433b83b532ap-44
#define LOG10_OF_E_HIGH 0x1.bcb7b1p-2
#define LOG10_OF_E_LOW 0x1.49b9438ca9aaep-28
#define LOG10_OF_E 0x1.bcb7b1526e50ep-2

/* For z from 0.671875 on in steps of 16 to the power of 2: c, about 1 / z; -log(c);
 * (log(1 + f) - f + f^2 / 2) / f^3, |f| < 0.0312. */
static const double log_inverse[16] = {
    0x1.744p+0, 0x1.642p+0, 0x1.554p+0, 0x1.47ap+0,
    0x1.3bp+0, 0x1.2f6p+0, 0x1.248p+0, 0x1.1a6p+0,
    0x1.11p+0, 0x1.084p+0, 0x1p+0, 0x1.e1ep-1,
    0x1.c7p-1, 0x1.af2p-1, 0x1.998p-1, 0x1.86p-1,
};
static const double log_e_high[16] = {
    -0x1.7f5fa09d58p-2, -0x1.5206dfd186p-2, -0x1.26561f1338p-2, -0x1.f939c4e72ep-3,
    -0x1.a8becfc882p-3, -0x1.5bbc05f14p-3, -0x1.10f8e42254p-3, -0x1.91a5d24c5p-4,
    -0x1.075983599p-4, -0x1.03d5d85e7p-5, 0, 0x1.f0c30c1118p-5,
    0x1.e3707ee304p-4, 0x1.601b076e7ap-3, 0x1.c97f8079d4p-3, 0x1.16b5ccbadp-2,
};
static const double log_e_low[16] = {
    0x1.6d73cd356a371p-44, -0x1.c58cfd28f3cd8p-44, -0x1.8b48866faa45fp-44, 0x1.4c5fc35fe2798p-44,
    -0x1.e3185cf21b9cfp-44, -0x1.21892c55da347p-45, 0x1.93b3843396307p-45, 0x1.04a3d47c8c71ep-44,
    0x1.b8ecfe4b59987p-44, -0x1.f778960ed29cfp-44, 0, -0x1.caef3588b7d8p-45,
    0x1.0f684e6766abdp-45, 0x1.152d7d4dfc8e5p-44, 0x1.3b161a8c6e6c5p-45, -0x1.23299042d74bfp-44,
};
static const double log_2_high[16] = {
    -0x1.148ba98ab98p-1, -0x1.e7ab6f1ad8p-2, -0x1.a8a33f17b4p-2, -0x1.6c717aa4dap-2,
    -0x1.32639636b3p-2, -0x1.f5acbefbb8p-3, -0x1.89d0d0ab44p-3, -0x1.21ba44169ap-3,
    -0x1.7beee96b8cp-4, -0x1.76dcf723a8p-5, 0, 0x1.665684ff8p-4,
    0x1.5cba53a076p-3, 0x1.fbfb2152eap-3, 0x1.4a03dcbd2ep-2, 0x1.921800924ep-2,
};
static const double log_2_low[16] = {
    -0x1.cde5f15160bf3p-44, -0x1.bfc2f9ffc0596p-46, -0x1.0ad35665e0e32p-44, -0x1.f9f7019b9d14bp-44,
    0x1.f29947070fc4bp-44, 0x1.d26720fbf4f08p-49, 0x1.e665e245fe368p-44, -0x1.e91184caa851fp-44,
    0x1.d7ec3be51cdcbp-44, -0x1.a34c2beb0adep-44, 0, 0x1.084f28da93fbp-44,
    0x1.769a8e6b40f5ep-46, 0x1.323c2d1a6d53dp-45, 0x1.bdc90791aef03p-46, -0x1.62404772a151dp-45,
};
static const double log_10_high[16] = {
    -0x1.4cfe78bca2p-3, -0x1.259b3c9e7ep-3, -0x1.ff509155ep-4, -0x1.b6d55be028p-4,
    -0x1.70eddb7d8p-4, -0x1.2e09cf49dp-4, -0x1.da338aaa98p-5, -0x1.5cdde63d58p-5,
    -0x1.c97c3735ep-6, -0x1.c361551cp-7, 0, 0x1.af7b5e391p-6,
    0x1.a3e9002c7p-5, 0x1.31d5c40dp-4, 0x1.8d60b4ee4cp-4, 0x1.e42b4c16ccp-4,
};
static const double log_10_low[16] = {
    -0x1.769a42648b36ep-46, -0x1.22290e815efe8p-45, 0x1.8f0d5202007f8p-44, -0x1.a246c562cc1f9p-44,
    0x1.5f89d049ffd9dp-44, -0x1.906e68fe10a95p-44, -0x1.4173b2a06eb58p-46, 0x1.f7d3b45d7176bp-44,
    -0x1.f028fb72dfe8ap-44, -0x1.a7e2de20d348cp-47, 0, -0x1.ac54857563dabp-44,
    0x1.1d257c8d0d386p-45, -0x1.7bb3a433be10dp-44, 0x1.900e5cc4e4c82p-44, -0x1.50d780639590cp-44,
};
static const double log_polynomial[9] = {
    0x1.5555555555555p-2, -0x1.fffffffffffap-3, 0x1.9999999999941p-3, -0x1.5555555695eabp-3,
    0x1.24924925ba37p-3, -0x1.ffffdbf0c4765p-4, 0x1.c71c507dd1259p-4, -0x1.9a59d76189686p-4,
    0x1.750e8c032f7e3p-4,
};

/* For z from 0.685546875 on in steps of 128 to the power of 2: c, about 1 / z; -log(c);
 * (log(1 + f) - f + f^2 / 2) / f^3, |f| < 0.0041. */
static const double fine_log_inverse[128] = {
    0x1.744p+0, 0x1.724p+0, 0x1.702p+0, 0x1.6ep+0,
    0x1.6cp+0, 0x1.6ap+0, 0x1.68p+0, 0x1.66p+0,
    0x1.642p+0, 0x1.622p+0, 0x1.604p+0, 0x1.5e6p+0,
    0x1.5c8p+0, 0x1.5acp+0, 0x1.58ep+0, 0x1.57p+0,
    0x1.554p+0, 0x1.538p+0, 0x1.51cp+0, 0x1.5p+0,
    0x1.4e4p+0, 0x1.4cap+0, 0x1.4aep+0, 0x1.494p+0,
    0x1.47ap+0, 0x1.46p+0, 0x1.446p+0, 0x1.42cp+0,
    0x1.414p+0, 0x1.3fap+0, 0x1.3e2p+0, 0x1.3c8p+0,
    0x1.3bp+0, 0x1.398p+0, 0x1.38p+0, 0x1.368p+0,
    0x1.352p+0, 0x1.33ap+0, 0x1.322p+0, 0x1.30cp+0,
    0x1.2f6p+0, 0x1.2ep+0, 0x1.2c8p+0, 0x1.2b4p+0,
    0x1.29ep+0, 0x1.288p+0, 0x1.272p+0, 0x1.25ep+0,
    0x1.248p+0, 0x1.234p+0, 0x1.21ep+0, 0x1.20ap+0,
    0x1.1f6p+0, 0x1.1e2p+0, 0x1.1cep+0, 0x1.1bap+0,
    0x1.1a6p+0, 0x1.194p+0, 0x1.18p+0, 0x1.16ep+0,
    0x1.15ap+0, 0x1.148p+0, 0x1.134p+0, 0x1.122p+0,
    0x1.11p+0, 0x1.0fep+0, 0x1.0ecp+0, 0x1.0dap+0,
    0x1.0c8p+0, 0x1.0b6p+0, 0x1.0a6p+0, 0x1.094p+0,
    0x1.084p+0, 0x1.072p+0, 0x1.062p+0, 0x1.05p+0,
    0x1.04p+0, 0x1.03p+0, 0x1.02p+0, 0x1.01p+0,
    0x1p+0, 0x1.fcp-1, 0x1.f8p-1, 0x1.f44p-1,
    0x1.f06p-1, 0x1.eccp-1, 0x1.e9p-1, 0x1.e56p-1,
    0x1.e1ep-1, 0x1.de4p-1, 0x1.daep-1, 0x1.d76p-1,
    0x1.d4p-1, 0x1.d0cp-1, 0x1.cd8p-1, 0x1.ca4p-1,
    0x1.c7p-1, 0x1.c3ep-1, 0x1.c0ep-1, 0x1.bdcp-1,
    0x1.bacp-1, 0x1.b7cp-1, 0x1.b4ep-1, 0x1.b2p-1,
    0x1.af2p-1, 0x1.ac4p-1, 0x1.a98p-1, 0x1.a6cp-1,
    0x1.a4p-1, 0x1.a16p-1, 0x1.9ecp-1, 0x1.9c2p-1,
    0x1.998p-1, 0x1.97p-1, 0x1.948p-1, 0x1.92p-1,
    0x1.8f8p-1, 0x1.8d2p-1, 0x1.8acp-1, 0x1.886p-1,
    0x1.86p-1, 0x1.83cp-1, 0x1.818p-1, 0x1.7f4p-1,
    0x1.7dp-1, 0x1.7acp-1, 0x1.78ap-1, 0x1.766p-1,
};
static const double fine_log_2_high[128] = {
    -0x1.148ba98ab98p-1, -0x1.1090f4b1e5p-1, -0x1.0c50887899p-1, -0x1.0809cf27f7p-1,
    -0x1.03fda8b9798p-1, -0x1.ffd799a84p-2, -0x1.f7a8568cbp-2, -0x1.ef6d67328ep-2,
    -0x1.e7ab6f1ad8p-2, -0x1.df59823f0fp-2, -0x1.d781c01f9ap-2, -0x1.cf9f46c70cp-2,
    -0x1.c7b1f8c4f5p-2, -0x1.c04214498bp-2, -0x1.b83f808ac3p-2, -0x1.b031befe06p-2,
    -0x1.a8a33f17b4p-2, -0x1.a10acd0096p-2, -0x1.99684e676ap-2, -0x1.91bba891f1p-2,
    -0x1.8a04c05abcp-2, -0x1.82d1a0f25fp-2, -0x1.7b06a1512cp-2, -0x1.73c0a92c6ap-2,
    -0x1.6c717aa4dap-2, -0x1.6518fe4678p-2, -0x1.5db71c433ap-2, -0x1.564bbc7149p-2,
    -0x1.4f69f5d83p-2, -0x1.47ec100d33p-2, -0x1.40f905757ap-2, -0x1.39683c4a9dp-2,
    -0x1.32639636b3p-2, -0x1.2b565cb331p-2, -0x1.24407ab0ep-2, -0x1.1d21dad295p-2,
    -0x1.16935d34fbp-2, -0x1.0f63bf4168p-2, -0x1.082b23569ap-2, -0x1.01849ae488p-2,
    -0x1.f5acbefbb8p-3, -0x1.e840be74e6p-3, -0x1.d98a7d8a6p-3, -0x1.cd398e83e8p-3,
    -0x1.bf9e14fc5cp-3, -0x1.b1f27d7bd8p-3, -0x1.a436a1a6f4p-3, -0x1.97ac270c9p-3,
    -0x1.89d0d0ab44p-3, -0x1.7d29766136p-3, -0x1.6f2e13d864p-3, -0x1.626953b50ep-3,
    -0x1.5596639ce2p-3, -0x1.48b523e59ep-3, -0x1.3bc5747a92p-3, -0x1.2ec734daacp-3,
    -0x1.21ba44169ap-3, -0x1.15eec00ca8p-3, -0x1.08c588cda8p-3, -0x1.f9c0b5c56cp-4,
    -0x1.df34c32e74p-4, -0x1.c73632513cp-4, -0x1.ac6fbe1c3p-4, -0x1.943c111a7p-4,
    -0x1.7beee96b8cp-4, -0x1.63881130e4p-4, -0x1.4b0751e058p-4, -0x1.326c744154p-4,
    -0x1.19b74069f4p-4, -0x1.00e77dbc1p-4, -0x1.d58602b4d8p-5, -0x1.a380eecfcp-5,
    -0x1.76dcf723a8p-5, -0x1.4470b1ac5p-5, -0x1.1770421d4p-5, -0x1.c9363ba85p-6,
    -0x1.6e79685c3p-6, -0x1.1363117a9p-6, -0x1.6fe50b6fp-7, -0x1.709c46d7cp-8,
    0, 0x1.72c7ba21p-7, 0x1.743ee861fp-6, 0x1.1263289518p-5,
    0x1.6e4ab36558p-5, 0x1.c4eb3635dp-5, 0x1.0f9a634664p-4, 0x1.3b927f71bp-4,
    0x1.665684ff8p-4, 0x1.92f5b13858p-4, 0x1.bccf29acccp-4, 0x1.e88627982p-4,
    0x1.097e38ce6p-3, 0x1.1e153cd5dep-3, 0x1.32d13e4692p-3, 0x1.47b2c2f8ccp-3,
    0x1.5cba53a076p-3, 0x1.71173816b2p-3, 0x1.84c59fac3ap-3, 0x1.9969e5729cp-3,
    0x1.ad5dc4701p-3, 0x1.c1745dcbd8p-3, 0x1.d4d5b7ceecp-3, 0x1.e857d3d362p-3,
    0x1.fbfb2152eap-3, 0x1.07e0090207p-2, 0x1.11646e7791p-2, 0x1.1af8a01977p-2,
    0x1.249cd2b13dp-2, 0x1.2ddff3bc5ep-2, 0x1.37320a83c2p-2, 0x1.409347a935p-2,
    0x1.4a03dcbd2ep-2, 0x1.530fd08f2ap-2, 0x1.5c2a096a13p-2, 0x1.6552b49986p-2,
    0x1.6e8a004222p-2, 0x1.77590c0fbcp-2, 0x1.80359eb99p-2, 0x1.891fe20bp-2,
    0x1.921800924ep-2, 0x1.9aa4354228p-2, 0x1.a33d25fcb2p-2, 0x1.abe2f8ec96p-2,
    0x1.b495d4e918p-2, 0x1.bd55e17a2ap-2, 0x1.c5a5bc3b12p-2, 0x1.ce7fe23568p-2,
};
static const double fine_log_2_low[128] = {
    -0x1.cde5f15160bf3p-44, -0x1.446e8b33fda06p-45, -0x1.1d59183814ccdp-44, -0x1.ea92d9e0e8ac2p-48,
    -0x1.7f33943464056p-45, 0x1.9518ce032f41dp-48, -0x1.b3b3864c60011p-44, -0x1.103e8f00d41c8p-45,
    -0x1.bfc2f9ffc0596p-46, -0x1.551470837f376p-47, 0x1.19e47623ddf37p-45, 0x1.5b19085017e51p-44,
    -0x1.a3f6c066ebdd5p-46, -0x1.77a42f5fc4f1ep-44, 0x1.9227dac6974adp-44, -0x1.0d199805b0aecp-44,
    -0x1.0ad35665e0e32p-44, 0x1.52e8978a6cc8ap-44, 0x1.342b98d0710f5p-48, -0x1.c22d2cad415aep-44,
    0x1.aa4a112bff53ep-44, -0x1.099f4ebe7a186p-44, -0x1.f1417fd6ccb7cp-46, -0x1.317bdec192554p-45,
    -0x1.f9f7019b9d14bp-44, 0x1.1646b761c48dep-44, -0x1.5d91755b9ea1ep-46, 0x1.c0993c8ee9c8p-44,
    -0x1.8f36dd24bae46p-44, -0x1.8604619b3aa95p-44, -0x1.525f699efceeep-44, 0x1.664deafdbfed5p-46,
    0x1.f29947070fc4bp-44, -0x1.dafbfd96d5335p-45, -0x1.ce60916e52e91p-44, -0x1.8c9a2f2dbcaf9p-44,
    -0x1.151c6348d84a5p-45, 0x1.3acec97897218p-44, -0x1.6916ea3d7e3b2p-45, -0x1.fa1f67cf926cbp-45,
    0x1.d26720fbf4f08p-49, -0x1.4998f93e7aa3cp-44, -0x1.69affffe47644p-45, -0x1.5f5cde492c839p-47,
    -0x1.c403ccf9661c6p-45, 0x1.601ccfac2b557p-45, -0x1.58ef5452e5e14p-46, 0x1.73bd46553bb31p-44,
    0x1.e665e245fe368p-44, 0x1.ace3c5d64cd75p-46, -0x1.2cd253e1f54b5p-44, -0x1.adcc02c49a945p-44,
    0x1.f73c6b85c022ep-44, -0x1.87cd63fea5477p-44, -0x1.4831df5f78a03p-46, -0x1.ef3cfad145c9fp-46,
    -0x1.e91184caa851fp-44, 0x1.0d9aaa3b48fe9p-45, 0x1.871a7610e40bdp-45, 0x1.65be242d4ed4bp-46,
    0x1.19d47a7338535p-44, 0x1.58b34834a501ep-47, 0x1.99a5ff389880fp-44, 0x1.7bea683cb0f3dp-45,
    0x1.d7ec3be51cdcbp-44, -0x1.363d889e9c76cp-45, 0x1.29fa3791d16bp-45, 0x1.78e8b729a4018p-45,
    -0x1.f09941811b2eep-44, 0x1.609680383333dp-49, 0x1.b74af9c8de6d2p-44, 0x1.f38b72c9d8e9p-44,
    -0x1.a34c2beb0adep-44, -0x1.ee92d6437751ap-44, 0x1.f4123efcbad1ap-46, -0x1.f0cccdd01ee2fp-47,
    0x1.6eb3ac8ec0ef7p-45, -0x1.ec312ed069b24p-44, 0x1.ef5d00e390ap-44, 0x1.5388b52642db7p-44,
    0, -0x1.19b14945cf6bap-44, 0x1.aab1b2a41b09p-45, -0x1.465f0727e04b7p-47,
    -0x1.0c90f3cbd91bfp-45, -0x1.5f9b508d4a7dap-45, -0x1.48cd0a7bb24b2p-46, 0x1.8e00267de3d69p-44,
    0x1.084f28da93fbp-44, 0x1.556dc3209ba8ep-44, 0x1.e485dc7a6c7a2p-45, -0x1.a7f9b9553262bp-44,
    0x1.924ae921f7ecap-45, 0x1.60e682ea6c161p-45, 0x1.d6d57e540628ep-44, -0x1.d5526bf827d78p-44,
    0x1.769a8e6b40f5ep-46, -0x1.35ce486785badp-44, -0x1.946595c9d6b11p-44, 0x1.199b2ae2154b7p-45,
    -0x1.84f81c3dff604p-47, 0x1.db9014543e848p-49, -0x1.fa8211163bd59p-45, -0x1.9308437e74325p-44,
    0x1.323c2d1a6d53dp-45, 0x1.86783bf63a0c9p-45, 0x1.1a55c2b07d3a5p-44, 0x1.ca38767d482dfp-44,
    -0x1.49d97df07e357p-45, 0x1.2b756695ed9bdp-44, -0x1.3d6390fa1c806p-44, -0x1.b823c62f42f7fp-46,
    0x1.bdc90791aef03p-46, -0x1.63d8bd35fdc18p-48, 0x1.770d330890c82p-44, 0x1.3bb5921006679p-45,
    -0x1.3859a74f0d148p-44, 0x1.40cbc22c07f96p-44, 0x1.01b831dca2172p-44, -0x1.1e88bf60501c5p-44,
    -0x1.62404772a151dp-45, 0x1.9a9378be719c7p-49, -0x1.4f144da6e4533p-48, 0x1.c773190e2cc83p-44,
    0x1.7dd4bcb97f73cp-44, -0x1.8f5101e0954c1p-45, 0x1.0c3c52ca2e8a8p-44, 0x1.3a77645b633ap-45,
};
static const double fine_log_polynomial[6] = {
    0x1.5555555555556p-2, -0x1p-2, 0x1.99999998ffdb3p-3, -0x1.55555554caf6cp-3,
    0x1.2493bf3b60fdp-3, -0x1.000150ae26b8dp-3,
};

/* pi / 2 in parts of 33 bits, and what is left; (sin(r) - r) / r^3 and (cos(r) - 1 + r^2 / 2) /
 * r^4 of r^2; 2 / pi. */
#define HALF_PI_1 0x1.921fb544p+0
#define HALF_PI_2 0x1.0b4611a6p-34
#define HALF_PI_3 0x1.3198a2e037073p-69
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
static const double sin_polynomial[7] = {
    -0x1.5555555555555p-3, 0x1.111111111111p-7, -0x1.a01a01a019937p-13, 0x1.71de3a54607a5p-19,
    -0x1.ae64541295cdfp-26, 0x1.61217ee5cca1bp-33, -0x1.ab17bdcbd3414p-41,
};
static const double cos_polynomial[7] = {
    0x1.5555555555555p-5, -0x1.6c16c16c16c16p-10, 0x1.a01a01a019d0ap-16, -0x1.27e4fb7712ca2p-22,
    0x1.1eed8deb82809p-29, -0x1.9394b9eb4d56dp-37, 0x1.ab78473be59d7p-45,
};

/* Angles as a sum of two; atan(i / 16); (atan(u) - u) / u^3 of u^2, |u| < 0.0324. */
#define HALF_PI_HIGH 0x1.921fb54442d18p+0
#define HALF_PI_LOW 0x1.1a62633145c07p-54
#define PI_HIGH 0x1.921fb54442d18p+1
#define PI_LOW 0x1.1a62633145c07p-53
static const double atan_table_high[16] = {
    0, 0x1.ff55bb72cfdeap-5, 0x1.fd5ba9aac2f6ep-4, 0x1.7b97b4bce5b02p-3,
    0x1.f5b75f92c80ddp-3, 0x1.362773707ebccp-2, 0x1.6f61941e4def1p-2, 0x1.a64eec3cc23fdp-2,
    0x1.dac670561bb4fp-2, 0x1.0657e94db30dp-1, 0x1.1e00babdefeb4p-1, 0x1.345f01cce37bbp-1,
    0x1.4978fa3269ee1p-1, 0x1.5d58987169b18p-1, 0x1.700a7c5784634p-1, 0x1.819d0b7158a4dp-1,
};
static const double atan_table_low[16] = {
    0, -0x1.c934d86d23f1dp-60, -0x1.cd37686760c17p-59, 0x1.347b0b4f881cap-58,
    0x1.8ab6e3cf7afbdp-57, -0x1.963a544b672d8p-57, -0x1.c63aae6f6e918p-56, -0x1.24dec1b50b7ffp-56,
    0x1.a2b7f222f65e2p-56, -0x1.d5b495f6349e6p-56, -0x1.928df287a668fp-58, 0x1.1021137c71102p-55,
    0x1.2419a87f2a458p-56, 0x1.0028e4bc5e7cap-57, -0x1.8c34d25aadef6p-56, -0x1.bf76229d3b917p-56,
};
static const double atan_polynomial[5] = {
    -0x1.5555555555555p-2, 0x1.9999999999852p-3, -0x1.2492492230174p-3, 0x1.c71c4019209d8p-4,
    -0x1.7389b85d95037p-4,
};

/* 64 bits of 0, and then the first 1280 of 2 / pi. */
static const uint64_t two_over_pi[21] = {
    0,
    UINT64_C(0xa2f9836e4e441529),
    UINT64_C(0xfc2757d1f534ddc0),
    UINT64_C(0xdb6295993c439041),
    UINT64_C(0xfe5163abdebbc561),
    UINT64_C(0xb7246e3a424dd2e0),
    UINT64_C(0x06492eea09d1921c),
    UINT64_C(0xfe1deb1cb129a73e),
    UINT64_C(0xe88235f52ebb4484),
    UINT64_C(0xe99c7026b45f7e41),
    UINT64_C(0x3991d639835339f4),
    UINT64_C(0x9c845f8bbdf9283b),
    UINT64_C(0x1ff897ffde05980f),
    UINT64_C(0xef2f118b5a0a6d1f),
    UINT64_C(0x6d367ecf27cb09b7),
    UINT64_C(0x4f463f669e5fea2d),
    UINT64_C(0x7527bac7ebe5f17b),
    UINT64_C(0x3d0739f78a5292ea),
    UINT64_C(0x6bfb5fb11f8d5d08),
    UINT64_C(0x56033046fc7b6bab),
    UINT64_C(0xf0cfbc209af4361d),
};

#endif
