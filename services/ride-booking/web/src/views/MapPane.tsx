import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { put, shown, target } from "../draft";
import { text } from "../texts";
import { Loading } from "./faces";

type Drawn = typeof import("../map/SeattleMap").default;

/** The map, which comes after everything else: it is larger than the rest of the page. */
export function MapPane() {
  const t = text.value.map;
  const drawn = useSignal<{ Map: Drawn } | "loading" | "failed">("loading");
  useEffect(() => {
    import("../map/SeattleMap").then(
      (module) => {
        drawn.value = { Map: module.default };
      },
      () => {
        drawn.value = "failed";
      },
    );
  }, []);
  const { route, picking, asking } = shown.value;
  const state = drawn.value;
  return (
    <aside class="map-pane" aria-label={t.title}>
      {typeof state === "string" ? (
        <div class="map-missing">{state === "loading" ? <Loading>{t.loading}</Loading> : t.failed}</div>
      ) : (
        <state.Map
          from={route.from ?? null}
          to={route.to ?? null}
          asking={asking}
          {...(picking ? { target: target.value, onPick: (place) => put(target.peek(), place) } : {})}
        />
      )}
    </aside>
  );
}
