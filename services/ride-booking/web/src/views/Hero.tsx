import { BrandMark } from "@wild-rydes/web/components/Header";
import { text } from "../texts";

/** Hexagons like those in which unicorns are found. */
const CELLS = Array.from({ length: 9 * 8 }, (_, at) => {
  const [column, row] = [at % 9, Math.floor(at / 9)];
  return { x: column * 90, y: row * 104 + (column % 2) * 52, tone: (column * 7 + row * 13) % 5 };
});
const HEXAGON = "M60 0 30 52H-30L-60 0-30-52H30Z";

export function Hero() {
  const t = text.value;
  return (
    <section class="hero">
      <svg
        class="hero-cells"
        viewBox="0 0 720 780"
        preserveAspectRatio="xMidYMid slice"
        aria-hidden="true"
        focusable="false"
      >
        {CELLS.map(({ x, y, tone }) => (
          <path key={`${x}-${y}`} class={`cell-${tone}`} d={HEXAGON} transform={`translate(${x} ${y})`} />
        ))}
        <path class="hero-way" d="M170 400C250 210 430 340 560 170" />
        <circle class="hero-start" cx="170" cy="400" r="12" />
        <path class="hero-end" d="M560 170c-14-17-21-27-21-37a21 21 0 0 1 42 0c0 10-7 20-21 37Z" />
      </svg>
      <div class="hero-words">
        <p class="brand">
          <BrandMark />
          <span class="brand-name">{t.title}</span>
        </p>
        <p class="hero-line">{t.tagline}</p>
        <p class="hero-more">{t.taglineMore}</p>
      </div>
    </section>
  );
}
