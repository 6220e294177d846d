const PATHS = {
  alert: "M12 8v5m0 3.5v.01M10.3 4 2.7 17.5A2 2 0 0 0 4.4 20.5h15.2a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z",
  arrow: "M5 12h14m-6-6 6 6-6 6",
  back: "M19 12H5m6 6-6-6 6-6",
  car: "M4 16v-3.5l2-5A2.5 2.5 0 0 1 8.3 6h7.4A2.5 2.5 0 0 1 18 7.5l2 5V16a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1Zm0-3.5h16M7 17v2m10-2v2",
  check: "m5 12.5 4.5 4.5L19 7.5",
  clock: "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  close: "M6 6l12 12M18 6 6 18",
  cloud: "M7 18.5a4.5 4.5 0 0 1-.5-9A6 6 0 0 1 18 8.5a5 5 0 0 1-.5 10H7Z",
  globe:
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3.5 9h17M3.5 15h17M12 3c2.5 2.5 3.5 5.5 3.5 9s-1 6.5-3.5 9c-2.5-2.5-3.5-5.5-3.5-9s1-6.5 3.5-9Z",
  leave:
    "M14 8V5.5A1.5 1.5 0 0 0 12.5 4h-7A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20h7a1.5 1.5 0 0 0 1.5-1.5V16m-4-4h10m-3-3 3 3-3 3",
  list: "M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.01M4 12h.01M4 17.5h.01",
  minus: "M5 12h14",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z",
  off: "M3 3l18 18M8.5 16.5a5 5 0 0 1 7 0M5 12.5a10 10 0 0 1 5-2.7m4 0a10 10 0 0 1 5 2.7M12 20h.01",
  pin: "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21Zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  plus: "M12 5v14M5 12h14",
  refresh: "M20 5v5h-5M4 19v-5h5m10.5-4A8 8 0 0 0 6 6.5L4 8.5m16 7-2 2A8 8 0 0 1 4.5 14",
  search: "m20 20-4.5-4.5M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
  star: "m12 4 2.5 5.2 5.5.8-4 4 .9 5.7-4.9-2.7-4.9 2.7.9-5.7-4-4 5.5-.8L12 4Z",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2.5v2m0 15v2m9.5-9.5h-2m-15 0h-2M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4m0-13.4 1.4 1.4m10.6 10.6 1.4 1.4",
  swap: "M7 4v16m0 0-3-3m3 3 3-3M17 20V4m0 0-3 3m3-3 3 3",
  system: "M4 5.5h16v10.5H4zM9 20h6m-3-4v4",
  target:
    "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Zm0-3.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v3m0 14v3M2 12h3m14 0h3",
  unicorn:
    "M21.8 1.2 15.9 6.9c1.7.9 2.8 2.3 3.6 3.9l2 3.3c.6 1 .3 2.3-.8 2.8l-.9.4c-.7.3-1.5.1-2-.4l-.7-.8c-1.4.1-2.7-.1-3.9-.7.2 2.4 1.5 4.2 2.7 6.1.3.5 0 1.2-.6 1.2H5.2c-.5 0-.9-.4-.9-.9-.2-3.2.1-6 1-8.5l-2 .7c-.3.1-.5-.2-.4-.4C3.7 12.3 4.7 11 6 9.9l-2-.2c-.3 0-.4-.4-.2-.6C5.2 7.7 6.8 6.7 8.7 6.2L8.2 4.3c-.1-.3.2-.5.5-.4 1.4.5 2.5 1.2 3.4 2.1.7 0 1.4.1 2 .2zM15.3 10.2a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5a7.5 7.5 0 0 1 15 0",
} as const;

export type IconName = keyof typeof PATHS;

/** Drawn as a surface, not as lines. */
const FILLED: ReadonlySet<IconName> = new Set(["unicorn"]);

/** A picture beside words that say the same. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      {...(FILLED.has(name)
        ? { fill: "currentColor", "fill-rule": "evenodd" }
        : { fill: "none", stroke: "currentColor", "stroke-width": 1.8 })}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
