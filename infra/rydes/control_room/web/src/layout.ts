/** Where everything stands in the picture: services as boxes, a lane for each function, the bus between them. */
import type { Architecture, ArchitectureEdge, ArchitectureNode } from "./api";

export interface Chip {
  node: ArchitectureNode;
  label: string;
  x: number;
  y: number;
  w: number;
  h: number;
  /** Which dead-letter and parking queues it stands for as well. */
  behind: string[];
}

export interface Box {
  service: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Layout {
  width: number;
  height: number;
  wide: boolean;
  boxes: Box[];
  chips: Map<string, Chip>;
  /** Where there is room for the feed. */
  spare: { x: number; y: number; w: number; h: number } | null;
  /** The way of a message between two nodes, as an SVG path; empty if one of them is not shown. */
  path(from: string, to: string): string;
  edges: { edge: ArchitectureEdge; d: string }[];
}

const LANE = 26;
const CHIP = 22;
const HEAD = 34;
const PAD = 12;
/** What a narrow screen has to spare. */
const NARROW_PAD = 8;
const GAP = 16;
const NARROW_GAP = 12;
/** Ways that would only be clutter: what has failed goes to the badges. */
const UNSEEN = (edge: ArchitectureEdge) =>
  edge.kind === "gives up to" || (edge.kind === "sends to" && edge.source.endsWith("-replay"));
const BUS_WIDTH = 40;

/** The functions of a service from top to bottom: those that are called, that read queues, that read the table. */
function lanes(architecture: Architecture, service: string): ArchitectureNode[] {
  const rank = (node: ArchitectureNode) => {
    const into = architecture.edges.filter((edge) => edge.target === node.id);
    const from = (kind: string) => into.some((edge) => edge.source.startsWith(`${kind}:`));
    if (node.name.endsWith("-replay")) return 9;
    if (node.name.endsWith("authorizer")) return 8;
    if (from("api")) return 0;
    if (from("socket")) return 1;
    if (from("queue")) {
      const queue = into.find((edge) => edge.source.startsWith("queue:"))?.source;
      const byRule = architecture.edges.some(
        (edge) => edge.target === queue && edge.source.startsWith("rule:"),
      );
      return byRule ? 3 : 4;
    }
    if (from("table")) return node.name.endsWith("-outbox") ? 2 : 5;
    return 6;
  };
  return architecture.nodes
    .filter((node) => node.kind === "function" && node.service === service)
    .map((node) => ({ node, order: rank(node) }))
    .sort((a, b) => a.order - b.order || a.node.name.localeCompare(b.node.name))
    .map(({ node }) => node);
}

/** A name without that of its service, whose box it is in. It is part of the full name, so that one finds that by it. */
const own = (node: ArchitectureNode) =>
  node.name.replace(new RegExp(`^(${node.service}|wild-rydes)-`), "").replace(/^(reply)-.*/, "$1 queue");

interface Column {
  x: number;
  w: number;
}
interface Slots {
  outer: Column;
  middle: Column;
  inner: Column;
  /** -1: what comes from outside comes from the left. */
  side: -1 | 1;
}

function slots(x: number, w: number, side: -1 | 1, wide: boolean): Slots {
  const pad = wide ? PAD : NARROW_PAD;
  const gap = wide ? GAP : NARROW_GAP;
  const free = w - 2 * pad - 2 * gap;
  const outer = free * (wide ? 0.285 : 0.29);
  const middle = free * (wide ? 0.355 : 0.36);
  const inner = free - outer - middle;
  if (side === -1) {
    return {
      outer: { x: x + pad, w: outer },
      middle: { x: x + pad + outer + gap, w: middle },
      inner: { x: x + pad + outer + middle + 2 * gap, w: inner },
      side,
    };
  }
  return {
    inner: { x: x + pad, w: inner },
    middle: { x: x + pad + inner + gap, w: middle },
    outer: { x: x + pad + inner + middle + 2 * gap, w: outer },
    side,
  };
}

export function layout(architecture: Architecture, width: number): Layout {
  const wide = width >= 920;
  const nodes = new Map(architecture.nodes.map((node) => [node.id, node]));
  const services = [...new Set(architecture.nodes.map((node) => node.service).filter(Boolean))];
  const chips = new Map<string, Chip>();
  const boxes: Box[] = [];
  const slotsOf = new Map<string, Slots>();

  const into = (id: string, kind: string) =>
    architecture.edges.filter((edge) => edge.target === id && edge.kind === kind).map((edge) => edge.source);
  const behind = (id: string): string[] => {
    const found: string[] = [];
    const look = (from: string) => {
      for (const edge of architecture.edges) {
        if (edge.source !== from || edge.kind !== "gives up to" || found.includes(edge.target)) continue;
        found.push(edge.target);
        look(edge.target);
      }
    };
    look(id);
    return found.map((node) => node.slice(node.indexOf(":") + 1));
  };
  const put = (id: string, column: Column, y: number, label: string, h = CHIP) => {
    const node = nodes.get(id);
    if (node && !chips.has(id)) {
      chips.set(id, { node, label, x: column.x, y, w: column.w, h, behind: [] });
    }
  };

  /** A partner goes by the first word of its name. */
  const outsideName = (id: string) => {
    const node = nodes.get(id);
    return (node?.kind === "partner" ? node.name.split(" ")[0] : node?.name) ?? id;
  };

  const box = (service: string, x: number, y: number, w: number, side: -1 | 1): number => {
    const columns = slots(x, w, side, wide);
    slotsOf.set(service, columns);
    let top = y + HEAD;
    for (const node of lanes(architecture, service)) {
      const name = own(node);
      put(node.id, columns.middle, top, name);
      const queues = into(node.id, "delivers to").filter((id) => id.startsWith("queue:"));
      for (const id of queues) {
        const queue = nodes.get(id);
        const fromOutside = into(id, "delivers to").length > 0;
        if (queue) put(id, fromOutside ? columns.outer : columns.inner, top, own(queue));
        const chip = chips.get(id);
        if (chip) chip.behind = behind(id);
      }
      const chip = chips.get(node.id);
      if (chip && !queues.length) chip.behind = behind(node.id).filter((name) => name.includes(own(node)));
      for (const id of into(node.id, "invokes")) {
        const api = nodes.get(id);
        if (api) put(id, columns.outer, top, api.name);
      }
      for (const id of into(node.id, "targets")) {
        if (id.startsWith("schedule:")) put(id, columns.outer, top, "each minute");
      }
      top += LANE;
    }
    const table = `table:${service}`;
    put(table, columns.middle, top + 4, "table");
    top += LANE + 4;
    const made = { service, x, y, w, h: top - y + PAD };
    boxes.push(made);
    return y + made.h;
  };

  const outside = (service: string): string[] => {
    const inside = new Set(
      [...chips.values()].filter((c) => c.node.service === service).map((c) => c.node.id),
    );
    const topics = architecture.edges
      .filter((edge) => edge.source.startsWith("topic:") && inside.has(edge.target))
      .map((edge) => edge.source);
    const near = new Set([...inside, ...topics]);
    return architecture.nodes
      .filter((node) => node.kind === "outside" || node.kind === "partner")
      .filter((node) =>
        architecture.edges.some(
          (edge) =>
            (edge.source === node.id && near.has(edge.target)) ||
            (edge.target === node.id && near.has(edge.source)),
        ),
      )
      .map((node) => node.id);
  };

  /** Put rules and topics on the way to their queues. */
  const between = (x: (queue: Chip, inward: boolean) => number) => {
    for (const [id, chip] of [...chips]) {
      if (chip.node.kind !== "queue") continue;
      for (const edge of architecture.edges) {
        if (edge.target !== id || !/^(rule|topic):/.test(edge.source)) continue;
        const node = nodes.get(edge.source);
        if (node && !chips.has(node.id)) {
          const h = 12;
          chips.set(node.id, {
            node,
            label: "",
            x: x(chip, node.kind === "rule") - h / 2,
            y: chip.y + (chip.h - h) / 2,
            w: h,
            h,
            behind: [],
          });
        }
      }
    }
  };

  const order = ["ride-booking", "feedback", "unicorn-mgmt"].filter((name) => services.includes(name));
  order.push(...services.filter((name) => !order.includes(name)));
  const busNode = architecture.nodes.find((node) => node.kind === "bus");
  let height = 0;
  let spare: Layout["spare"] = null;
  let rail = 0;

  if (wide) {
    const edge = 94;
    const air = 20;
    const middle = 110;
    const w = (width - 2 * edge - 2 * air - middle) / 2;
    const left = order.slice(0, 2);
    const right = order.slice(2);
    let y = 0;
    for (const service of left) y = box(service, edge + air, y, w, -1) + 16;
    let z = 0;
    const rightX = edge + air + w + middle;
    for (const service of right) z = box(service, rightX, z, w, 1) + 16;
    height = Math.max(y, z) - 16;
    if (height - z > 120) spare = { x: rightX, y: z, w: w + air + edge, h: height - z };
    if (busNode) {
      const x = edge + air + w + middle / 2 - BUS_WIDTH / 2;
      chips.set(busNode.id, {
        node: busNode,
        label: busNode.name,
        x,
        y: 0,
        w: BUS_WIDTH,
        h: height,
        behind: [],
      });
    }
    between((queue, inward) =>
      queue.x < width / 2 === inward ? queue.x + queue.w + PAD + 17.5 : queue.x - PAD - (inward ? 17.5 : 10),
    );
    for (const service of order) {
      const columns = slotsOf.get(service);
      const frame = boxes.find((each) => each.service === service);
      if (!columns || !frame) continue;
      const x = columns.side === -1 ? 0 : width - edge;
      let last = -1;
      const wanted = outside(service)
        .filter((id) => !chips.has(id))
        .map((id) => {
          const ys = architecture.edges
            .filter((each) => each.source === id || each.target === id)
            .map((each) => chips.get(each.source === id ? each.target : each.source))
            .filter((chip): chip is Chip => chip?.node.service === service)
            .map((chip) => chip.y);
          return { id, y: ys.length ? Math.min(...ys) - 4 : frame.y + frame.h - 60 };
        })
        .sort((a, b) => a.y - b.y);
      for (const { id, y: middleY } of wanted) {
        const at = Math.max(middleY, last);
        put(id, { x, w: edge }, at, outsideName(id), 30);
        last = at + 40;
      }
    }
  } else {
    const margin = 14;
    rail = width - 5;
    const w = width - 2 * margin;
    let y = 0;
    const row = (ids: string[]) => {
      const fresh = ids.filter((id) => !chips.has(id));
      if (!fresh.length) return;
      const perRow = Math.min(fresh.length, 4);
      const each = (w - (perRow - 1) * 8) / perRow;
      fresh.forEach((id, n) => {
        const at = y + Math.floor(n / perRow) * 36;
        put(id, { x: margin + (n % perRow) * (each + 8), w: each }, at, outsideName(id), 28);
      });
      y += Math.ceil(fresh.length / perRow) * 36 + 6;
    };
    const stack = [order[0], "bus", ...order.slice(1)].filter((each): each is string => Boolean(each));
    for (const service of stack) {
      if (service === "bus" && busNode) {
        chips.set(busNode.id, { node: busNode, label: busNode.name, x: margin, y, w, h: 30, behind: [] });
        y += 30 + 16;
        continue;
      }
      const before = y;
      const end = box(service, margin, y, w, -1);
      const near = outside(service);
      // The box moves down by what stands above it.
      const rows = Math.ceil(near.filter((id) => !chips.has(id)).length / 4);
      const shift = rows ? rows * 36 + 6 : 0;
      for (const chip of chips.values()) if (chip.node.service === service) chip.y += shift;
      const frame = boxes.find((each) => each.service === service);
      if (frame) frame.y += shift;
      y = before;
      row(near);
      y = end + shift + 16;
    }
    height = y - 16;
    between((queue, inward) => (inward ? queue.x + queue.w + 7 : queue.x - 6));
  }

  const middleOf = (chip: Chip): [number, number] => [chip.x + chip.w / 2, chip.y + chip.h / 2];
  const side = (chip: Chip, x: number): number => {
    if (x < chip.x) return chip.x;
    return x > chip.x + chip.w ? chip.x + chip.w : Math.min(Math.max(x, chip.x), chip.x + chip.w);
  };

  const path = (from: string, to: string): string => {
    const a = chips.get(from);
    const b = chips.get(to);
    if (!a || !b) return "";
    const [ax, ay] = middleOf(a);
    const [bx, by] = middleOf(b);
    if (a.node.kind === "table" || b.node.kind === "table") {
      // Writes go down beside the functions, and changes come up on the other side.
      const writes = b.node.kind === "table";
      const [fn, table] = writes ? [a, b] : [b, a];
      const columns = slotsOf.get(fn.node.service);
      const outward = columns?.side === 1 ? 1 : -1;
      const way = writes ? outward : -outward;
      const x = way === -1 ? fn.x - 6 : fn.x + fn.w + 6;
      const edgeOf = (chip: Chip) => (way === -1 ? chip.x : chip.x + chip.w);
      const [, fy] = middleOf(fn);
      const [, ty] = middleOf(table);
      return writes
        ? `M${edgeOf(fn)} ${fy}H${x}V${ty}H${edgeOf(table)}`
        : `M${edgeOf(table)} ${ty}H${x}V${fy}H${edgeOf(fn)}`;
    }
    if (a.node.kind === "bus" || b.node.kind === "bus") {
      const [bus, other] = a.node.kind === "bus" ? [a, b] : [b, a];
      const [ox, oy] = middleOf(other);
      if (wide) {
        const x = side(bus, ox);
        const y = side(other, bus.x + bus.w / 2);
        return a === bus ? `M${x} ${oy}H${y}` : `M${y} ${oy}H${x}`;
      }
      const [, busY] = middleOf(bus);
      const near = bus.x + bus.w;
      const edge = other.x + other.w;
      return a === bus ? `M${near} ${busY}H${rail}V${oy}H${edge}` : `M${edge} ${oy}H${rail}V${busY}H${near}`;
    }
    if (!wide && a.node.service !== b.node.service) {
      const toOutside = !a.node.service || !b.node.service;
      if (toOutside) {
        const [out, inn] = a.node.service ? [b, a] : [a, b];
        const [outX, outY] = [out.x + 8, out.y + out.h];
        const [, innY] = middleOf(inn);
        return a === out
          ? `M${outX} ${outY}V${outY + 5}H5V${innY}H${inn.x}`
          : `M${inn.x} ${innY}H5V${outY + 5}H${outX}V${outY}`;
      }
      return `M${a.x + a.w} ${ay}H${rail}V${by}H${b.x + b.w}`;
    }
    if (Math.abs(ax - bx) < 4) {
      const out = a.x - 8;
      return `M${a.x} ${ay}C${out} ${ay} ${out} ${by} ${b.x} ${by}`;
    }
    const x1 = side(a, bx);
    const x2 = side(b, ax);
    if (Math.abs(ay - by) < 2) return `M${x1} ${ay}H${x2}`;
    const bend = (x2 - x1) / 2;
    return `M${x1} ${ay}C${x1 + bend} ${ay} ${x2 - bend} ${by} ${x2} ${by}`;
  };

  const edges = architecture.edges
    .filter((edge) => !UNSEEN(edge))
    .map((edge) => ({ edge, d: path(edge.source, edge.target) }))
    .filter(({ d }) => d);
  return { width, height, wide, boxes, chips, spare, path, edges };
}
