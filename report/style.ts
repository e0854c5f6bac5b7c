/** The style sheet of all pages. */
export const STYLE = `
body { font: 16px/1.45 system-ui, sans-serif; max-width: 56rem; margin: 0 auto; padding: 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; margin: 0.5rem 0 1rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin: 2.25rem 0 0.5rem; border-bottom: 1px solid #ddd; }
h3 { font-size: 0.9rem; margin: 1.25rem 0 0.4rem; overflow-wrap: anywhere; } small { font-weight: normal; color: #666; }
p { margin: 0.5rem 0; overflow-wrap: anywhere; } figure { margin: 0; } figcaption { font-size: 0.9rem; font-weight: 600; }
.good, .warning, .bad { padding: 0.5rem 0.75rem; border-left: 0.4rem solid; background: #f6f6f6; }
.good { border-color: #2a8a3e; } .warning { border-color: #d08700; } .bad { border-color: #c0262d; }
.good b { color: #1f6e30; } .warning b { color: #8a5a00; } .bad b { color: #a51d24; }
svg { display: block; max-width: 100%; height: auto; }
img { display: block; width: 100%; max-width: 100%; height: auto; image-rendering: pixelated; background: #fff; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.25rem; }
img.fine { image-rendering: auto; border: 1px solid #ddd; box-sizing: border-box; }
summary { margin: 1rem 0; cursor: pointer; color: #0059a6; }
.inputs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 0.75rem; align-items: start; }
.inputs.small { grid-template-columns: repeat(3, 1fr); } .inputs.small img { max-width: 7rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.8rem; font-variant-numeric: tabular-nums; }
.figures { font-size: clamp(0.7rem, 3vw, 0.85rem); } .figures th { text-align: left; padding: 0.5rem 0 0.1rem; overflow-wrap: anywhere; }
.figures td { padding: 0.1rem clamp(0.2rem, 1.5vw, 0.8rem); text-align: right; vertical-align: top; }
.figures td.good, .figures td.warning, .figures td.bad { border-left-width: 0.25rem; background: none; }
.confusion { width: 100%; max-width: 34rem; table-layout: fixed; font-size: clamp(0.6rem, 2.6vw, 0.8rem); }
.confusion th, .confusion td { padding: 0.3rem 0; text-align: center; overflow: hidden; }
.units { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 0.9rem; }
.units figcaption { font-size: 0.8rem; font-weight: normal; }
.gabors { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: 1.2rem; }
.gabors img + img { margin-top: 2px; } .gabors figcaption { font-size: 0.75rem; font-weight: normal; font-variant-numeric: tabular-nums; }
.wrong { display: grid; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); gap: 0.9rem; }
.wrong figcaption { font-size: 0.8rem; font-weight: normal; overflow-wrap: anywhere; } .wrong b { font-size: 0.95rem; }
.trials th, .trials td { padding: 0.15rem 0.6rem 0.15rem 0; text-align: left; white-space: nowrap; }
`;
