import { useSignal } from "@preact/signals";
import { Icon } from "@wild-rydes/web/components/icons";
import { useEffect, useRef } from "preact/hooks";
import { draft, put, target } from "../draft";
import type { End } from "../map/SeattleMap";
import { areCoordinates, coordinates, find, type KnownPlace, nameOf, type Place } from "../places";
import { text } from "../texts";

interface Props {
  readonly end: End;
  readonly label: string;
  /** What is wrong with the place that is chosen, or that none is. */
  readonly error: string | null;
}

/** A place by its name, by a list, or by coordinates: the combobox of the ARIA practices. */
export function PlaceField({ end, label, error: wrong }: Props) {
  const t = text.value.ask;
  const value = draft[end];
  const typed = useSignal(value.peek() ? nameOf(value.peek() as Place) : "");
  const open = useSignal(false);
  const index = useSignal(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = `place-${end}`;

  const chosen = value.value;
  useEffect(() => {
    if (chosen) typed.value = nameOf(chosen);
    else if (document.activeElement !== input.current) typed.value = "";
  }, [chosen]);

  const wanted = chosen && typed.value === nameOf(chosen) ? "" : typed.value;
  const options = find(wanted);
  const unfound = areCoordinates(wanted) ? t.wrongPoint : t.noPlaces;
  const isUnclear = wrong !== null && !chosen && typed.value.trim() !== "";
  const error = isUnclear ? (options.length > 0 ? t.severalPlaces : unfound) : wrong;

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  });

  function choose(place: Place) {
    put(end, place.label === null ? { ...place, label: coordinates(place) } : strip(place));
    typed.value = nameOf(draft[end].peek() ?? place);
    open.value = false;
    index.value = -1;
  }

  function press(event: KeyboardEvent) {
    const last = options.length - 1;
    if (event.key === "ArrowDown") {
      open.value = true;
      index.value = index.value >= last ? 0 : index.value + 1;
    } else if (event.key === "ArrowUp") {
      open.value = true;
      index.value = index.value <= 0 ? last : index.value - 1;
    } else if (event.key === "Enter" && open.value && options.length > 0) {
      const option = options[index.value] ?? (typed.value.trim() ? options[0] : undefined);
      if (option) choose(option);
    } else if (event.key === "Escape" && open.value) {
      open.value = false;
    } else {
      return;
    }
    event.preventDefault();
  }

  function leave() {
    open.value = false;
    index.value = -1;
    const only = options.length === 1 ? options[0] : undefined;
    if (!value.peek() && typed.value.trim() && only) choose(only);
  }

  const isOpen = open.value;
  return (
    <div class={`field place ${end}`}>
      <label for={id}>{label}</label>
      <div class="place-box">
        <span class="place-mark" aria-hidden="true" />
        <input
          class="input"
          id={id}
          ref={input}
          role="combobox"
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder={t.placeholder}
          value={typed.value}
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && index.value >= 0 ? `${id}-${index.value}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={error ? `${id}-error` : undefined}
          onFocus={() => {
            target.value = end;
          }}
          onClick={() => {
            open.value = true;
          }}
          onBlur={leave}
          onKeyDown={press}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            value.value = null;
            open.value = true;
            index.value = -1;
          }}
        />
        {typed.value && (
          <button
            type="button"
            class="place-clear"
            aria-label={t.clear(label)}
            onClick={() => {
              value.value = null;
              typed.value = "";
              input.current?.focus();
            }}
          >
            <Icon name="close" size={16} />
          </button>
        )}
        <div
          class="place-list"
          id={`${id}-list`}
          ref={list}
          role="listbox"
          aria-label={`${label}: ${t.places}`}
          hidden={!isOpen || options.length === 0}
        >
          {options.map((option, at) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the input takes the keys
            <div
              key={nameOf(option)}
              id={`${id}-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === index.value}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              <Icon name="pin" size={18} />
              <span>
                {nameOf(option)}
                <span class="soft small">{"area" in option ? (option as KnownPlace).area : null}</span>
              </span>
            </div>
          ))}
        </div>
        {isOpen && options.length === 0 && <p class="place-list none small">{unfound}</p>}
      </div>
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** What the API takes of a place. */
function strip({ lat, lon, label }: Place): Place {
  return { lat, lon, label };
}
