// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How a report looks: photographic paper by day, a darkroom by night, one column on a phone.
#pragma once

namespace emulsion::apps {

inline constexpr const char* report_style = R"css(
:root{--paper:#faf8f4;--card:#fff;--ink:#1c1b1a;--soft:#6b655d;--line:#e4ded4;--amber:#b84a10;--wash:#fbeee2;
--good:#2f7d46;--bad:#b3362b;--cell:184,74,16}
@media (prefers-color-scheme:dark){:root{--paper:#141211;--card:#1d1a18;--ink:#ece9e4;--soft:#a39b91;--line:#37322d;
--amber:#f0904f;--wash:#2c2119;--good:#7fc98d;--bad:#f08a7e;--cell:240,144,79}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 20px 64px}
.kicker{margin:0;color:var(--amber);font-size:13px;font-weight:600;letter-spacing:.09em;text-transform:uppercase}
h1{font:600 clamp(28px,5vw,44px)/1.12 ui-serif,Georgia,"Times New Roman",serif;margin:8px 0 14px;text-wrap:balance}
h2{font:600 23px/1.25 ui-serif,Georgia,"Times New Roman",serif;margin:52px 0 6px}
p{max-width:68ch;margin:6px 0 14px}
.soft,figcaption,th{color:var(--soft)}
.note{background:var(--wash);border-left:4px solid var(--amber);border-radius:6px;padding:14px 18px;margin:22px 0;max-width:none}
.note p{margin:0;max-width:80ch}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile b{display:block;font:600 29px/1.15 ui-serif,Georgia,serif;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13.5px}
.tile.main b{color:var(--amber)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:16px;align-items:start}
.card{margin:14px 0;overflow-x:auto}.pair .card{margin:0}
.card h3{font-size:15px;margin:0 0 10px}
.card svg{display:block;width:100%}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:7px 10px;text-align:right;font-weight:400}
th:first-child,td:first-child{text-align:left}
.rows td,.rows th{border-top:1px solid var(--line)}.rows tr:first-child>*{border-top:0}
.matrix td.n{text-align:center;border-radius:8px;padding:16px 8px;font-size:19px;border:3px solid var(--card)}
.matrix td.n small{display:block;font-size:12.5px;color:var(--soft)}
.matrix thead th{text-align:center}
.bar{display:grid;grid-template-columns:11.5em 1fr 4em;gap:10px;align-items:center;margin:7px 0;font-size:14.5px}
.bar i{display:block;height:12px;border-radius:6px;background:var(--line);overflow:hidden}
.bar i u{display:block;height:100%;background:var(--amber);border-radius:6px}
.bar.own i u{background:var(--good)}
.bar b{text-align:right;font-weight:500;font-variant-numeric:tabular-nums}
.mosaic{display:grid;grid-template-columns:repeat(auto-fill,minmax(158px,1fr));gap:12px;margin-top:12px}
.mosaic figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;overflow:hidden}
.mosaic img{display:block;width:100%;aspect-ratio:3/2;object-fit:cover}
.gone{display:block;aspect-ratio:3/2;background:var(--line)}
figcaption{padding:6px 9px 8px;overflow-wrap:anywhere;font-size:12.5px;line-height:1.35}
figcaption b{color:var(--ink);font-variant-numeric:tabular-nums}
.right b{color:var(--good)}.wrong b{color:var(--bad)}
.credits{columns:2 320px;column-gap:32px;padding:0;list-style:none;font-size:14px}
.credits li{break-inside:avoid;padding:3px 0}
.dots text{fill:currentColor;font:12px system-ui,sans-serif}
code{font:13.5px/1.5 ui-monospace,Menlo,Consolas,monospace}
footer{margin-top:56px;border-top:1px solid var(--line);padding-top:14px;color:var(--soft);font-size:14px}
@media (max-width:520px){main{padding:24px 14px 40px}.mosaic{grid-template-columns:repeat(2,1fr);gap:8px}
.bar{grid-template-columns:8.5em 1fr 3.4em}th,td{padding:6px}}
)css";

}  // namespace emulsion::apps
