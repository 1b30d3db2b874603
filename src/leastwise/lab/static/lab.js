// The lab of leastwise: one page on which least squares and its descents can be seen and broken. One module, three
// hosts: the page of `leastwise lab`, the notebook widget (anywidget), and the HTML reports. No needs, no network.
//
// How data walks: state -> problem (rows, triangle, modes) -> runs (paths) -> view -> panels. Everything above the line
// "Drawing" is pure. Parameters are p slopes, then the intercept, as everywhere in leastwise.

// ---------------------------------------------------------------- Numbers and lists as people write them

/** `value` to at most `digits` significant digits: 0.001, 36.65, 22,041, 1.2e+9. */
export function number(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "-infinite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 10 ** Math.max(digits, 7)) return trimmed(value.toExponential(digits - 1));
  const places = Math.max(digits - 1 - Math.floor(Math.log10(size)), 0);
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(places, 20) });
}

const trimmed = (text) =>
  text
    .replace(/(\.\d*?)0+e/, "$1e")
    .replace(".e", "e")
    .replace(/e([+-])(\d)$/, "e$10$2");
const count = (k, noun) => `${k.toLocaleString("en")} ${noun}${k === 1 ? "" : "s"}`;

/** `value` rounded down to four digits, so that a rate below a limit stays below it. */
export function below(value, digits = 4) {
  const power = 10 ** (digits - 1 - Math.floor(Math.log10(value)));
  return Number((Math.floor(value * power * (1 + 1e-12)) / power).toPrecision(digits));
}

// ---------------------------------------------------------------- Rows, and the triangle that stands for them

/** Rows [[x1, .., xp, y], ..] as X (n p, row after row) and y (n). */
export function posed(table) {
  const n = table.length,
    p = table[0].length - 1;
  const X = new Float64Array(n * p),
    y = new Float64Array(n);
  table.forEach((row, i) => {
    for (let j = 0; j < p; j += 1) X[i * p + j] = row[j];
    y[i] = row[p];
  });
  return { n, p, X, y };
}

/** What is taken off each feature, and what it is divided by: "raw", "centred" or "standardised" (divisor n). */
export function scaling({ n, p, means, R }, how) {
  const spread = (j) => Math.sqrt(dot(R[j], R[j]) / n) || 1;
  return {
    centre: Float64Array.from({ length: p }, (_, j) => (how === "raw" ? 0 : means[j])),
    scale: Float64Array.from({ length: p }, (_, j) => (how === "standardised" ? spread(j) : 1)),
  };
}

/** Rows, or the triangle of them, with scaled features. */
export function scaled({ n, p, X, y }, { centre, scale }) {
  return { n, p, y, X: X.map((x, k) => (x - centre[k % p]) / scale[k % p]) };
}

function scaledTriangle({ n, p, means, R }, { centre, scale }) {
  return {
    n,
    p,
    means: means.map((m, j) => (j < p ? (m - centre[j]) / scale[j] : m)),
    R: R.map((column, j) => (j < p ? column.map((v) => v / scale[j]) : column)),
  };
}

function mean(values) {
  let rough = 0,
    rest = 0;
  for (const value of values) rough += value;
  rough /= values.length;
  for (const value of values) rest += value - rough;
  return rough + rest / values.length;
}

function deviation(values, centre, less = 0) {
  let square = 0;
  for (const value of values) square += (value - centre) ** 2;
  return Math.sqrt(square / (values.length - less));
}

/** Means of [X y] and R of the QR of what is left, by Householder reflections: n p^2 steps. R[j] is column j. */
export function triangle({ n, p, X, y }) {
  const q = p + 1,
    means = new Float64Array(q);
  const columns = Array.from({ length: q }, (_, j) =>
    Float64Array.from({ length: n }, (_, i) => (j < p ? X[i * p + j] : y[i])),
  );
  columns.forEach((column, j) => {
    means[j] = mean(column);
    for (let i = 0; i < n; i += 1) column[i] -= means[j];
  });
  const R = columns.map(() => new Float64Array(q));
  for (let k = 0; k < q; k += 1) {
    const column = columns[k];
    for (let i = 0; i < Math.min(k, n); i += 1) R[k][i] = column[i];
    if (k >= n) continue;
    let norm = 0;
    for (let i = k; i < n; i += 1) norm = Math.hypot(norm, column[i]);
    const head = column[k] > 0 ? -norm : norm;
    R[k][k] = head;
    if (norm === 0) continue;
    column[k] -= head;
    let length = 0;
    for (let i = k; i < n; i += 1) length += column[i] ** 2;
    for (const other of columns.slice(k + 1)) {
      let along = 0;
      for (let i = k; i < n; i += 1) along += column[i] * other[i];
      along *= 2 / length;
      for (let i = k; i < n; i += 1) other[i] -= along * column[i];
    }
  }
  return { n, p, means, R };
}

/** The p + 2 rows that no least-squares method can tell from the n: the same loss, gradient and Hessian. */
export function compressed({ n, p, means, R }) {
  const q = p + 1,
    m = q + 1,
    X = new Float64Array(m * p),
    y = new Float64Array(m);
  const mirror = Float64Array.from({ length: m }, (_, i) => (i === 0 ? 1 : 0) - 1 / Math.sqrt(m));
  const length = mirror.reduce((sum, v) => sum + v * v, 0);
  for (let j = 0; j < q; j += 1) {
    const column = Float64Array.from(
      { length: m },
      (_, i) => (i ? R[j][i - 1] / Math.sqrt(n) : means[j]) * Math.sqrt(m),
    );
    const along = (2 / length) * column.reduce((sum, v, i) => sum + v * mirror[i], 0);
    column.forEach((v, i) => {
      (j < p ? X : y)[j < p ? i * p + j : i] = v - along * mirror[i];
    });
  }
  return { n: m, p, X, y };
}

/** Singular values and right vectors of columns, largest first, by one-sided Jacobi rotations (Hestenes 1958). */
export function singular(given) {
  const A = given.map((column) => Float64Array.from(column)),
    k = A.length;
  const V = A.map((_, j) => Float64Array.from({ length: k }, (_, i) => Number(i === j)));
  for (let sweep = 0, turned = true; turned && sweep < 60; sweep += 1) {
    turned = false;
    for (let i = 0; i < k; i += 1)
      for (let j = i + 1; j < k; j += 1) {
        const a = dot(A[i], A[i]),
          b = dot(A[j], A[j]),
          c = dot(A[i], A[j]);
        if (Math.abs(c) <= 1e-16 * Math.sqrt(a * b) || c === 0) continue;
        turned = true;
        const z = (b - a) / (2 * c),
          t = Math.sign(z || 1) / (Math.abs(z) + Math.hypot(1, z)),
          cosine = 1 / Math.hypot(1, t);
        for (const M of [A, V]) turn(M[i], M[j], cosine, cosine * t);
      }
  }
  const sizes = A.map((column) => Math.sqrt(dot(column, column)));
  const order = sizes.map((_, j) => j).sort((i, j) => sizes[j] - sizes[i]);
  return { sigma: order.map((j) => sizes[j]), V: order.map((j) => V[j]), U: order.map((j) => A[j]) };
}

function turn(a, b, cosine, sine) {
  for (let i = 0; i < a.length; i += 1) {
    const x = a[i];
    a[i] = cosine * x - sine * b[i];
    b[i] = sine * x + cosine * b[i];
  }
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/** Least squares: parameters (q), the least loss, the rank; of dependent columns the shortest slopes. */
export function leastSquares({ n, p, means, R }) {
  const norms = Array.from({ length: p }, (_, j) => Math.sqrt(dot(R[j], R[j])));
  const { sigma: scaledSigma } = singular(R.slice(0, p).map((column, j) => column.map((v) => v / (norms[j] || 1))));
  const rank = scaledSigma.filter((s) => s > 1e-13 * Math.max(p, 10) && s > 0).length;
  const theta = new Float64Array(p + 1),
    right = R[p].slice();
  if (rank === p) {
    for (let i = p - 1; i >= 0; i -= 1) {
      let sum = right[i];
      for (let j = i + 1; j < p; j += 1) sum -= R[j][i] * theta[j];
      theta[i] = sum / R[i][i];
    }
  } else {
    const { sigma, V, U } = singular(R.slice(0, p));
    for (let k = 0; k < rank; k += 1)
      V[k].forEach((v, j) => {
        theta[j] += (v * dot(U[k], right)) / sigma[k] ** 2;
      });
  }
  theta[p] = means[p] - dot(means.subarray(0, p), theta.subarray(0, p));
  const left = right.map((v, i) => v - R.slice(0, p).reduce((sum, column, j) => sum + column[i] * theta[j], 0));
  const loss = dot(left, left) / n,
    rounding = 1e-28 * (dot(R[p], R[p]) / n + means[p] ** 2);
  return { theta, loss: loss > rounding ? loss : 0, rank };
}

/** Eigenvalues (largest first) and eigenvectors of the Hessian, from an SVD of [means 1; R / sqrt(n) 0]. */
export function modes({ n, p, means, R }, rank) {
  const columns = Array.from({ length: p }, (_, j) => [means[j], ...R[j].map((v) => v / Math.sqrt(n))]);
  const { sigma, V } = singular([...columns, [1, ...new Float64Array(p + 1)]]);
  return { values: sigma.slice(0, rank + 1).map((s) => 2 * s * s), directions: V.slice(0, rank + 1) };
}

// ---------------------------------------------------------------- What the eigenvalues foretell

/** 2 / largest eigenvalue for plain descent; with momentum m 2 (1 + m), with Nesterov's 2 (1 + m) / (1 + 2 m) times 1 / it. */
export function rateLimit({ values }, optimizer, momentum = 0.9) {
  const times = { sgd: 2, momentum: 2 * (1 + momentum), nesterov: (2 * (1 + momentum)) / (1 + 2 * momentum) }[
    optimizer
  ];
  return times ? times / values[0] : null;
}

export const bestRate = ({ values }) => 2 / (values[0] + values.at(-1));
export const condition = ({ values }) => values[0] / values.at(-1);

/** Loss above the least at parameters theta: sum of eigenvalue / 2 (distance along it)^2. Nothing cancels. */
export function excess({ values, directions }, theta, answer, offset = 0) {
  let sum = 0;
  for (let k = 0; k < values.length; k += 1) {
    let along = 0;
    for (let j = 0; j < answer.length; j += 1) along += directions[k][j] * (theta[offset + j] - answer[j]);
    sum += 0.5 * values[k] * along * along;
  }
  return sum;
}

/** The first epoch of plain descent whose loss is within `enough` of the least; null where none is. */
export function epochsNeeded({ values, directions }, start, answer, rate, enough) {
  if (rate >= 2 / values[0]) return null;
  const apart = directions.map((d) =>
    dot(
      d,
      answer.map((a, j) => a - start[j]),
    ),
  );
  const slower = values.map((h) => (rate * h < 1 ? Math.log1p(-rate * h) : Math.log(rate * h - 1)));
  const left = (k) =>
    values.reduce((sum, h, j) => sum + 0.5 * h * ((k ? Math.exp(k * slower[j]) : 1) * apart[j]) ** 2, 0);
  if (left(0) <= enough) return 0;
  let high = 1;
  while (left(high) > enough) if ((high *= 2) > 2 ** 1000) return null;
  let low = Math.floor(high / 2);
  while (high - low > 1 && low + 1 < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (middle <= low || middle >= high) break;
    if (left(middle) <= enough) high = middle;
    else low = middle;
  }
  return high;
}

/** The excess loss at which every estimate is within 0.001 standard errors of the answer. */
export function closeEnough({ n, p, R }, answer) {
  const free = n - answer.rank - 1;
  const variance = free > 0 ? (answer.loss * n) / free : 0;
  const spread = Math.sqrt(dot(R[p], R[p]) / n) || 1;
  return (1e-6 * Math.max(variance, (1e-3 * spread) ** 2)) / n;
}

// ---------------------------------------------------------------- Update rules, as in leastwise/descent

const RISE = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
const each = (q, f) => {
  for (let j = 0; j < q; j += 1) f(j);
};

function sgd(momentum = 0, nesterov = false) {
  return (q) => {
    const v = new Float64Array(q);
    let first = true;
    return (theta, g, rate) => {
      each(q, (j) => {
        v[j] = first ? g[j] : momentum * v[j] + g[j];
        theta[j] -= rate * (nesterov ? g[j] + momentum * v[j] : v[j]);
      });
      first = false;
    };
  };
}

function adam({ amsgrad = false, decay = 0 } = {}) {
  return (q) => {
    const [m, s, top] = zeros(q, 3);
    let t = 0;
    return (theta, g, rate) => {
      t += 1;
      each(q, (j) => {
        if (j < q - 1) theta[j] -= rate * decay * theta[j];
        m[j] += (1 - RISE.beta1) * (g[j] - m[j]);
        s[j] = RISE.beta2 * s[j] + (1 - RISE.beta2) * g[j] * g[j];
        top[j] = amsgrad ? Math.max(top[j], s[j]) : s[j];
        const size = Math.sqrt(top[j]) / Math.sqrt(1 - RISE.beta2 ** t) + RISE.eps;
        theta[j] -= ((rate / (1 - RISE.beta1 ** t)) * m[j]) / size;
      });
    };
  };
}

function rmsprop(centred = false) {
  return (q) => {
    const [s, average] = zeros(q, 2);
    return (theta, g, rate) =>
      each(q, (j) => {
        s[j] = 0.99 * s[j] + (1 - 0.99) * g[j] * g[j];
        average[j] += (1 - 0.99) * (g[j] - average[j]);
        theta[j] -= rate * (g[j] / (Math.sqrt(centred ? s[j] - average[j] ** 2 : s[j]) + 1e-8));
      });
  };
}

/** The rules: `make(q, curvature)` gives (theta, g, rate) -> changes theta. `lines` are its update in NumPy. */
export const RULES = {
  sgd: { make: sgd(), lines: [] },
  momentum: { prepare: ["v = 0"], make: sgd(0.9), lines: ["v = 0.9 * v + g", "theta = theta - RATE * v"] },
  nesterov: {
    prepare: ["v = 0"],
    make: sgd(0.9, true),
    lines: ["v = 0.9 * v + g", "theta = theta - RATE * (g + 0.9 * v)"],
  },
  adagrad: {
    make: (q) => {
      const [s] = zeros(q, 1);
      return (theta, g, rate) =>
        each(q, (j) => {
          s[j] += g[j] * g[j];
          theta[j] -= (rate * g[j]) / (Math.sqrt(s[j]) + 1e-10);
        });
    },
    prepare: ["s = 0"],
    lines: ["s = s + g**2", "theta = theta - RATE * g / (np.sqrt(s) + 1e-10)"],
  },
  rmsprop: {
    make: rmsprop(),
    prepare: ["s = 0"],
    lines: ["s = 0.99 * s + 0.01 * g**2", "theta = theta - RATE * g / (np.sqrt(s) + 1e-8)"],
  },
  "rmsprop-centered": {
    make: rmsprop(true),
    prepare: ["s, m = 0, 0"],
    lines: [
      "s = 0.99 * s + 0.01 * g**2",
      "m = m + 0.01 * (g - m)",
      "theta = theta - RATE * g / (np.sqrt(s - m**2) + 1e-8)",
    ],
  },
  adam: {
    make: adam(),
    prepare: ["m, s = 0, 0"],
    lines: [
      "m = m + 0.1 * (g - m)",
      "s = 0.999 * s + 0.001 * g**2",
      "theta = theta - RATE / (1 - 0.9**t) * m / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)",
    ],
  },
  amsgrad: {
    make: adam({ amsgrad: true }),
    prepare: ["m, s, top = 0, 0, 0"],
    lines: [
      "m = m + 0.1 * (g - m)",
      "s = 0.999 * s + 0.001 * g**2",
      "top = np.maximum(top, s)",
      "theta = theta - RATE / (1 - 0.9**t) * m / (np.sqrt(top / (1 - 0.999**t)) + 1e-8)",
    ],
  },
  adamw: {
    make: adam({ decay: 0.01 }),
    prepare: ["m, s = 0, 0"],
    lines: [
      "theta = theta - RATE * 0.01 * np.append(theta[:-1], 0)",
      "m = m + 0.1 * (g - m)",
      "s = 0.999 * s + 0.001 * g**2",
      "theta = theta - RATE / (1 - 0.9**t) * m / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)",
    ],
  },
  adadelta: {
    make: (q) => {
      const [s, u] = zeros(q, 2);
      return (theta, g, rate) =>
        each(q, (j) => {
          s[j] = 0.9 * s[j] + (1 - 0.9) * g[j] * g[j];
          const d = (Math.sqrt(u[j] + 1e-6) / Math.sqrt(s[j] + 1e-6)) * g[j];
          u[j] = 0.9 * u[j] + (1 - 0.9) * d * d;
          theta[j] -= rate * d;
        });
    },
    prepare: ["s, u = 0, 0"],
    lines: [
      "s = 0.9 * s + 0.1 * g**2",
      "d = np.sqrt(u + 1e-6) / np.sqrt(s + 1e-6) * g",
      "u = 0.9 * u + 0.1 * d**2",
      "theta = theta - RATE * d",
    ],
  },
  adamax: {
    make: (q) => {
      const [m, u] = zeros(q, 2);
      let t = 0;
      return (theta, g, rate) => {
        t += 1;
        each(q, (j) => {
          m[j] += (1 - 0.9) * (g[j] - m[j]);
          u[j] = Math.max(0.999 * u[j], Math.abs(g[j]) + 1e-8);
          theta[j] -= ((rate / (1 - 0.9 ** t)) * m[j]) / u[j];
        });
      };
    },
    prepare: ["m, u = 0, 0"],
    lines: [
      "m = m + 0.1 * (g - m)",
      "u = np.maximum(0.999 * u, np.abs(g) + 1e-8)",
      "theta = theta - RATE / (1 - 0.9**t) * m / u",
    ],
  },
  rprop: {
    make: (q) => {
      const [before, size] = zeros(q, 2);
      let first = true;
      return (theta, g, rate) => {
        each(q, (j) => {
          if (first) size[j] = rate;
          const turned = Math.sign(g[j] * before[j]),
            now = turned < 0 ? 0 : g[j];
          size[j] = Math.min(Math.max(size[j] * (turned > 0 ? 1.2 : turned < 0 ? 0.5 : 1), 1e-6), 50);
          theta[j] -= Math.sign(now) * size[j];
          before[j] = now;
        });
        first = false;
      };
    },
    prepare: ["before, size = 0, np.full(len(theta), RATE)"],
    lines: [
      "turn = np.sign(g * before)",
      "size = np.clip(size * np.where(turn > 0, 1.2, np.where(turn < 0, 0.5, 1)), 1e-6, 50)",
      "before = np.where(turn < 0, 0, g)",
      "theta = theta - np.sign(before) * size",
    ],
  },
  "exact-line-search": {
    make:
      (q, { along }) =>
      (theta, g) =>
        step(theta, g, -share(dot(g, g), along(g))),
    lines: ["theta = theta - (g @ g) / (g @ H @ g) * g"],
    hessian: true,
  },
  "barzilai-borwein": {
    make: (q, { along }) => {
      let last = null;
      return (theta, g) => {
        const s = last && theta.map((v, j) => v - last.theta[j]),
          u = last && g.map((v, j) => v - last.g[j]);
        const size = last ? share(dot(s, s), dot(s, u)) : share(dot(g, g), along(g));
        last = { theta: theta.slice(), g: g.slice() };
        step(theta, g, -size);
      };
    },
    lines: [
      "s, u = theta - before[0], g - before[1]",
      "size = (s @ s) / (s @ u) if epoch else (g @ g) / (g @ H @ g)",
      "before, theta = (theta, g), theta - size * g",
    ],
    prepare: ["before = (0, 0)"],
    hessian: true,
  },
  cg: {
    make: (q, { along }) => {
      const d = new Float64Array(q);
      let square = 0;
      return (theta, g) => {
        const now = dot(g, g),
          kept = share(now, square);
        each(q, (j) => {
          d[j] = -g[j] + kept * d[j];
        });
        square = now;
        step(theta, d, -share(dot(g, d), along(d)));
      };
    },
    lines: ["d, square = -g + (g @ g) / square * d, g @ g", "theta = theta - (g @ d) / (d @ H @ d) * d"],
    prepare: ["d, square = 0, np.inf"],
    hessian: true,
  },
  polyak: {
    make: (q, { low, high }) => {
      const [l, L] = [Math.sqrt(low), Math.sqrt(high)],
        a = 4 / (l + L) ** 2,
        b = ((L - l) / (L + l)) ** 2;
      let last = null;
      return (theta, g) => {
        const before = last || theta;
        last = theta.slice();
        each(q, (j) => {
          theta[j] = last[j] - a * g[j] + b * (last[j] - before[j]);
        });
      };
    },
    lines: ["theta, before = theta - a * g + c * (theta - before), theta"],
    prepare: [
      "before, (l, *_, L) = theta, np.linalg.eigvalsh(H) ** 0.5",
      "a, c = 4 / (l + L) ** 2, ((L - l) / (L + l)) ** 2",
    ],
    hessian: true,
  },
  chebyshev: {
    make: (q, { low, high }) => {
      const centre = (high + low) / 2,
        half = (high - low) / 2,
        d = new Float64Array(q);
      let before = null;
      return (theta, g) => {
        const part = before === null || half === 0 ? null : 1 / ((2 * centre) / half - before);
        each(q, (j) => {
          d[j] = part === null ? -g[j] / centre : part * before * d[j] - ((2 * part) / half) * g[j];
        });
        before = part === null ? half / centre : part;
        step(theta, d, 1);
      };
    },
    lines: [
      "before, r = r, 1 / (2 * c / e - r) if epoch else e / c",
      "d = r * before * d - 2 * r / e * g if epoch else -g / c",
      "theta = theta + d",
    ],
    prepare: ["d, r, (low, *_, high) = 0, 0, np.linalg.eigvalsh(H)", "c, e = (high + low) / 2, (high - low) / 2"],
    hessian: true,
  },
};
/** Rules that choose their own steps. */
export const RATELESS = ["exact-line-search", "barzilai-borwein", "cg", "polyak", "chebyshev"];

function zeros(q, k) {
  return Array.from({ length: k }, () => new Float64Array(q));
}
function step(theta, d, size) {
  for (let j = 0; j < theta.length; j += 1) theta[j] += size * d[j];
}
function share(above, under) {
  return under > 0 ? above / under : 0;
}

/** d'Hd, and the ends of the spectrum, for the rules that know the quadratic. */
export function curvature({ n, p, X }, { values }) {
  const along = (d) => {
    let sum = 0;
    for (let i = 0; i < n; i += 1) {
      let moved = d[p];
      for (let j = 0; j < p; j += 1) moved += X[i * p + j] * d[j];
      sum += moved * moved;
    }
    return (2 * sum) / n;
  };
  return { along, low: values.at(-1), high: values[0] };
}

/** Batch descent by a rule: losses (k) before each update and parameters (k q) of epochs 0 .. k - 1, k <= epochs + 1. */
export function descend({ n, p, X, y }, update, start, rate, epochs) {
  const q = p + 1,
    theta = Float64Array.from(start),
    g = new Float64Array(q);
  const losses = new Float64Array(epochs + 1),
    path = new Float64Array((epochs + 1) * q);
  for (let epoch = 0; epoch <= epochs; epoch += 1) {
    let loss = 0;
    g.fill(0);
    for (let i = 0; i < n; i += 1) {
      let residual = theta[p];
      for (let j = 0, at = i * p; j < p; j += 1, at += 1) residual += X[at] * theta[j];
      residual = y[i] - residual;
      loss += residual * residual;
      for (let j = 0, at = i * p; j < p; j += 1, at += 1) g[j] += X[at] * residual;
      g[p] += residual;
    }
    loss /= n;
    if (!Number.isFinite(loss)) return { losses: losses.subarray(0, epoch), path, q, overflow: true };
    losses[epoch] = loss;
    path.set(theta, epoch * q);
    for (let j = 0; j < q; j += 1) g[j] *= -2 / n;
    update(theta, g, rate);
  }
  return { losses, path, q, overflow: false };
}

// ---------------------------------------------------------------- Mistakes, as in leastwise/checking

const truncated = (v) => Math.trunc(v);
/** To two decimals, as np.round does: half to even. */
const rounded = (v) => {
  const floor = Math.floor(v * 100),
    rest = v * 100 - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) / 100;
};

/** What each does to the right way (see leastwise/checking/ways.py), and the lines that it changes in the NumPy code. */
export const MISTAKES = {
  LW101: {
    factor: [0.5, 0.5],
    code: { gradient_w: "-1 / n * (X.T @ residual)", gradient_b: "-1 / n * residual.sum()" },
  },
  LW102: { factor: [2, 2], code: { gradient_w: "-4 / n * (X.T @ residual)", gradient_b: "-4 / n * residual.sum()" } },
  LW103: { summed: [true, true], code: { gradient_w: "-2 * (X.T @ residual)", gradient_b: "-2 * residual.sum()" } },
  LW104: { factor: [-1, -1], code: { update_w: "w + RATE * gradient_w", update_b: "b + RATE * gradient_b" } },
  LW105: {
    against: true,
    code: {
      residual: "y[:, None] - (X @ w + b)",
      gradient_w: "-2 / n**2 * (residual @ X).sum(axis=0)",
      gradient_b: "-2 / n**2 * residual.sum()",
    },
  },
  LW106: { factor: [1, 0], code: { update_b: "b" } },
  LW107: {
    first: "slope",
    code: {
      order: ["gradient_w", "update_w", "gradient_b", "update_b"],
      gradient_b: "-2 / n * (y - (X @ w + b)).sum()",
    },
  },
  LW108: {
    first: "intercept",
    code: {
      order: ["gradient_b", "update_b", "gradient_w", "update_w"],
      gradient_w: "-2 / n * (X.T @ (y - (X @ w + b)))",
    },
  },
  LW109: {
    momentum: [1, 1],
    code: {
      prepare: ["gradient_w, gradient_b = 0, 0"],
      gradient_w: "gradient_w - 2 / n * (X.T @ residual)",
      gradient_b: "gradient_b - 2 / n * residual.sum()",
    },
  },
  LW110: {
    batches: (n) => Array.from({ length: n }, (_, i) => [i]),
    code: { inner: "for rows in np.arange(n)[:, None]:" },
  },
  LW111: { lag: 1, code: { loop: "for epoch in range(EPOCHS - 1):" } },
  LW112: { lag: -1, code: { loop: "for epoch in range(EPOCHS + 1):" } },
  LW113: {
    rate: (rate) => rate * rate,
    code: { update_w: "w - RATE * (RATE * gradient_w)", update_b: "b - RATE * (RATE * gradient_b)" },
  },
  LW114: {
    rate: (rate, epoch) => rate / (epoch + 1),
    code: { update_w: "w - RATE / (epoch + 1) * gradient_w", update_b: "b - RATE / (epoch + 1) * gradient_b" },
  },
  LW115: { x: "deviation", code: { prepare: ["X = (X - X.mean(axis=0)) / X.std(axis=0)"] } },
  LW116: { x: "deviation, n - 1", code: { prepare: ["X = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)"] } },
  LW117: { single: true, code: { prepare: ["X, y = np.float32(X), np.float32(y)"] } },
  LW118: { batches: (n) => pairs(n), code: { inner: "for rows in np.split(np.arange(n), range(2, n, 2)):" } },
  LW119: { batches: (n) => [Array.from({ length: n - 1 }, (_, i) => i)], code: { prepare: ["X, y = X[:-1], y[:-1]"] } },
  LW120: { factor: [0, 0], code: { update_w: "w", update_b: "b" } },
  LW121: { factor: [0.5, 1], code: { gradient_w: "-1 / n * (X.T @ residual)" } },
  LW122: { summed: [true, false], code: { gradient_w: "-2 * (X.T @ residual)" } },
  LW123: { slopeX: false, code: { gradient_w: "-2 / n * residual.sum()" } },
  LW124: { interceptX: true, code: { gradient_b: "-2 / n * (X.T @ residual).mean()" } },
  LW125: { swapped: true, code: { prepare: ["X, y = y[:, None], X[:, 0]"] } },
  LW126: { shared: true, several: true, code: { gradient_w: "-2 / n * (X.T @ residual).mean()" } },
  LW127: { reshaped: true, several: true, code: { prepare: ["X = X.reshape(X.shape[::-1]).T"] } },
  LW128: { x: "mean", code: { prepare: ["X = X - X.mean(axis=0)"] } },
  LW129: { x: "range", code: { prepare: ["X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))"] } },
  LW130: {
    cut: truncated,
    code: { update_w: "(w - RATE * gradient_w).astype(int)", update_b: "int(b - RATE * gradient_b)" },
  },
  LW136: {
    absolute: true,
    code: { gradient_w: "-1 / n * (X.T @ np.sign(residual))", gradient_b: "-1 / n * np.sign(residual).sum()" },
  },
  LW137: { y: "mean", code: { prepare: ["y = y - y.mean()"] } },
  LW138: {
    cut: rounded,
    code: { update_w: "np.round(w - RATE * gradient_w, 2)", update_b: "np.round(b - RATE * gradient_b, 2)" },
  },
  LW139: {
    momentum: [1, 0],
    code: { prepare: ["gradient_w = 0"], gradient_w: "gradient_w - 2 / n * (X.T @ residual)" },
  },
  LW141: {
    momentum: [0.1, 0.1],
    code: {
      prepare: ["gradient_w, gradient_b = 0, 0"],
      gradient_w: "0.1 * gradient_w - 2 / n * (X.T @ residual)",
      gradient_b: "0.1 * gradient_b - 2 / n * residual.sum()",
    },
  },
  LW143: { through: true, code: { update_w: "w - RATE * w", update_b: "b - RATE * b" } },
  LW144: { crossed: true, code: { update_w: "w - RATE * gradient_b", update_b: "b - RATE * gradient_w.mean()" } },
  LW145: { biased: false, code: { residual: "y - X @ w" } },
};

const pairs = (n) => Array.from({ length: Math.ceil(n / 2) }, (_, k) => [2 * k, 2 * k + 1].filter((i) => i < n));

/** Whether a mistake shows on rows of p features. */
export const possible = (code, p) => (p > 1 ? code !== "LW125" : !MISTAKES[code].several);

function column(values, kind) {
  const centre = mean(values),
    least = Math.min(...values);
  return {
    "": [0, 1],
    mean: [centre, 1],
    deviation: [centre, deviation(values, centre)],
    "deviation, n - 1": [centre, deviation(values, centre, 1)],
    range: [least, Math.max(...values) - least],
  }[kind];
}

/** The rows as a mistaken way sees them. */
function seenBy(way, { n, p, X, y }) {
  let inside = { n, p, X: Float64Array.from(X), y: Float64Array.from(y) };
  if (way.single) inside = { n, p, X: inside.X.map(Math.fround), y: inside.y.map(Math.fround) };
  if (way.swapped) inside = { n, p, X: inside.y, y: inside.X };
  if (way.reshaped) {
    const flat = inside.X;
    inside.X = flat.map((_, k) => flat[(k % p) * n + Math.floor(k / p)]);
  }
  for (let j = 0; j < p; j += 1) {
    const [centre, scale] = column(
      Array.from({ length: n }, (_, i) => inside.X[i * p + j]),
      way.x || "",
    );
    for (let i = 0; i < n; i += 1) inside.X[i * p + j] = (inside.X[i * p + j] - centre) / scale;
  }
  const [centre, scale] = column(inside.y, way.y || "");
  inside.y = inside.y.map((v) => (v - centre) / scale);
  return inside;
}

/** Descent with a mistake: as `descend`, its losses those of its parameters on the rows as they are. */
export function mistaken(code, rows, start, rate, epochs) {
  const way = MISTAKES[code],
    { p } = rows,
    q = p + 1,
    inside = seenBy(way, rows);
  const steps = way.batches ? way.batches(rows.n) : [Array.from({ length: rows.n }, (_, i) => i)];
  const theta = Float64Array.from(start),
    carried = new Float64Array(q),
    gone = [theta.slice()];
  for (let epoch = 0; epoch < epochs + Math.max(0, -(way.lag || 0)); epoch += 1) {
    const used = way.rate ? way.rate(rate, epoch) : rate;
    for (const some of steps) updated(way, inside, some, theta, carried, used);
    gone.push(theta.slice());
  }
  const losses = new Float64Array(epochs + 1),
    path = new Float64Array((epochs + 1) * q);
  for (let k = 0; k <= epochs; k += 1) {
    const there = k ? gone[Math.max(0, k - (way.lag || 0))] : gone[0];
    losses[k] = lossAt(rows, there);
    if (!Number.isFinite(losses[k])) return { losses: losses.subarray(0, k), path, q, overflow: true };
    path.set(there, k * q);
  }
  return { losses, path, q, overflow: false };
}

function updated(way, rows, some, theta, carried, rate) {
  const p = rows.p,
    slope = Array.from({ length: p }, (_, j) => j),
    order = { slope: [slope, [p]], intercept: [[p], slope] }[way.first] || [[...slope, p]];
  for (const part of order) {
    const g = way.through ? Float64Array.from(theta) : mistakenGradient(way, rows, some, theta);
    for (const j of part) {
      carried[j] = (way.momentum ? way.momentum[j < p ? 0 : 1] : 0) * carried[j] + g[j];
      theta[j] -= rate * carried[j];
    }
  }
  if (way.cut)
    theta.forEach((v, j) => {
      theta[j] = way.cut(v);
    });
}

function mistakenGradient(way, { p, X, y }, some, theta) {
  const n = some.length,
    g = new Float64Array(p + 1),
    target = way.against ? some.reduce((sum, i) => sum + y[i], 0) / n : 0;
  for (const i of some) {
    let residual = way.biased === false ? 0 : theta[p];
    for (let j = 0; j < p; j += 1) residual += X[i * p + j] * theta[j];
    residual -= way.against ? target : y[i];
    if (way.absolute) residual = Math.sign(residual) / 2;
    for (let j = 0; j < p; j += 1) g[j] += way.slopeX === false ? residual : X[i * p + j] * residual;
    g[p] += residual;
  }
  if (way.interceptX) {
    let sum = 0;
    for (let j = 0; j < p; j += 1) sum += g[j];
    g[p] = sum / p;
  }
  const average = () => g.subarray(0, p).reduce((sum, v) => sum + v, 0) / p;
  if (way.crossed) {
    const slopes = average();
    g.fill(g[p], 0, p);
    g[p] = slopes;
  }
  if (way.shared) g.fill(average(), 0, p);
  const [w, b] = [0, 1].map((k) => (2 * (way.factor ? way.factor[k] : 1)) / (way.summed && way.summed[k] ? 1 : n));
  for (let j = 0; j <= p; j += 1) g[j] *= j < p ? w : b;
  return g;
}

function lossAt({ n, p, X, y }, theta) {
  let loss = 0;
  for (let i = 0; i < n; i += 1) {
    let residual = theta[p] - y[i];
    for (let j = 0; j < p; j += 1) residual += X[i * p + j] * theta[j];
    loss += residual * residual;
  }
  return loss / n;
}

// ---------------------------------------------------------------- State, and what follows from it

const MOST_EPOCHS = 100_000,
  OWN_ROWS = 200_000,
  MISTAKEN_ROWS = 4_000_000,
  MOST_ROWS = 2_000;
export const SCALES = ["raw", "centred", "standardised"];
const PLAIN = {
  set: "article",
  x: 0,
  axes: null,
  scale: "raw",
  optimizer: "sgd",
  rate: 0.001,
  epochs: 15,
  at: 15,
  start: null,
  mistake: "",
  kept: [],
  squares: false,
  excess: false,
};
const RUN_KEYS = ["scale", "optimizer", "rate", "epochs", "start", "mistake"];
const pick = (from, keys) => Object.fromEntries(keys.map((key) => [key, from[key]]));

/** The state of a set of data {id, names, target, rows | triangle and sample, start} with its settings. */
export function stateOf(set) {
  const p = set.names.length,
    settings = set.settings || {};
  return {
    ...PLAIN,
    at: settings.epochs ?? PLAIN.epochs,
    ...settings,
    set: set.id,
    names: set.names,
    target: set.target,
    rows: set.rows && set.rows.map((row) => [...row]),
    triangle: set.triangle || null,
    sample: set.sample || null,
    n: set.n,
    start: settings.start || set.start,
    axes: settings.axes || [0, p],
    edited: false,
  };
}

/** The state as the part of an address after #. Rows are in it where they are not those of the set. */
export function toHash(state) {
  const found = new URLSearchParams({ data: state.set });
  if (state.edited) {
    found.set("names", [...state.names, state.target].map(encodeURIComponent).join(","));
    found.set("rows", state.rows.map((row) => row.join(",")).join(";"));
  }
  for (const key of ["scale", "optimizer", "rate", "epochs", "at", "mistake"])
    if (state[key] !== "") found.set(key, state[key]);
  found.set("start", [...state.start].join(","));
  if (state.names.length > 1) {
    found.set("x", state.x);
    found.set("axes", state.axes.join(","));
  }
  for (const key of ["squares", "excess"]) if (state[key]) found.set(key, "yes");
  for (const run of state.kept) found.append("kept", RUN_KEYS.map((key) => [run[key]].flat().join(",")).join(";"));
  return `#${found}`;
}

/** The set that an address names, and what it says of it: [id, {names, target, rows} or null, settings, complaints]. */
export function fromHash(hash, info) {
  const given = new URLSearchParams(hash.replace(/^#/, "")),
    complaints = [],
    settings = {};
  const take = (key, read) => {
    if (!given.has(key)) return;
    const value = read(given.get(key));
    if (value === undefined) complaints.push(`${key}=${given.get(key).slice(0, 40)}`);
    else settings[key] = value;
  };
  const oneOf = (known) => (text) => (known.includes(text) ? text : undefined);
  take("scale", oneOf(SCALES));
  take("optimizer", oneOf(Object.keys(RULES)));
  take("mistake", oneOf(Object.keys(MISTAKES)));
  take("rate", positive);
  take("epochs", whole(1, MOST_EPOCHS));
  take("at", whole(0, settings.epochs ?? MOST_EPOCHS));
  take("start", numbers);
  take("x", whole(0, 1000));
  take("axes", numbers);
  take("squares", (text) => text === "yes");
  take("excess", (text) => text === "yes");
  settings.kept = given
    .getAll("kept")
    .map(keptRun)
    .filter((run) => run || void complaints.push("kept"));
  if (settings.epochs !== undefined) settings.at ??= settings.epochs;
  let own = null;
  if (given.has("rows")) {
    own = ownRows(given.get("rows"), given.get("names"));
    if (!own) complaints.push("rows");
  }
  return [given.get("data") || info.first, own, settings, complaints];
}

const positive = (text) => (Number(text) > 0 && Number(text) < 1e300 ? Number(text) : undefined);
const whole = (least, most) => (text) => (/^\d+$/.test(text) && +text >= least && +text <= most ? +text : undefined);
function numbers(text) {
  const found = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  return found.every(Number.isFinite) ? found : undefined;
}

function keptRun(text) {
  const [scale, optimizer, rate, epochs, start, mistake] = text.split(";");
  const run = {
    scale,
    optimizer,
    rate: positive(rate),
    epochs: whole(1, MOST_EPOCHS)(epochs || ""),
    start: numbers(start || ""),
    mistake: mistake || "",
  };
  const known =
    SCALES.includes(scale) &&
    Object.hasOwn(RULES, optimizer || "") &&
    (!run.mistake || Object.hasOwn(MISTAKES, run.mistake));
  return known && run.rate && run.epochs && run.start ? run : null;
}

/** A part of the address as it was before it was escaped; as it stands where it was not. */
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function ownRows(text, names) {
  const rows = text.split(";").map(numbers),
    width = rows[0] && rows[0].length;
  if (!rows.every((row) => row && row.length === width) || width < 2 || rows.length < 2 || rows.length > MOST_ROWS)
    return null;
  const called = (names || "").split(",").map(plain);
  const fitting =
    called.length === width && called.every(Boolean)
      ? called
      : [...rows[0]].map((_, j) => (j < width - 1 ? `x${j + 1}` : "y"));
  return { names: fitting.slice(0, -1), target: fitting.at(-1), rows };
}

/** Settings that fit p features: parameters and axes of the right number, a mistake that shows. */
export function fitted(state, own) {
  const p = state.names.length,
    right = (list, length) => Array.isArray(list) && list.length === length;
  const axes =
    right(state.axes, 2) &&
    state.axes.every((j) => Number.isInteger(j) && j >= 0 && j <= p) &&
    state.axes[0] !== state.axes[1];
  return {
    ...state,
    x: Math.min(state.x, p - 1),
    axes: axes ? state.axes : [0, p],
    start: right(state.start, p + 1) ? state.start : own,
    at: Math.min(state.at, state.epochs),
    kept: state.kept.filter((run) => right(run.start, p + 1)),
    mistake: state.mistake && state.rows && possible(state.mistake, p) ? state.mistake : "",
  };
}

/** What is computed from a state, each part once for the data and settings that it depends on. */
export class Study {
  constructor() {
    this.version = 0;
    this.made = new Map();
  }

  /** The rows have changed. */
  changed() {
    this.version += 1;
    this.made.clear();
  }

  once(key, make) {
    if (!this.made.has(key)) this.made.set(key, make());
    return this.made.get(key);
  }

  /** Rows and triangle as they are. */
  raw(state) {
    return this.once("raw", () => {
      const rows = state.rows ? posed(state.rows) : null;
      const tri = rows
        ? triangle(rows)
        : {
            ...state.triangle,
            means: Float64Array.from(state.triangle.means),
            R: state.triangle.R.map((column) => Float64Array.from(column)),
          };
      return { rows, tri };
    });
  }

  /** The problem that a descent sees: scaled rows, triangle, answer, modes, and how near is near. */
  problem(state, scale = state.scale) {
    return this.once(`problem ${scale}`, () => {
      const { rows, tri: plain } = this.raw(state),
        change = scaling(plain, scale),
        tri = scaledTriangle(plain, change);
      const answer = leastSquares(tri),
        spectrum = modes(tri, answer.rank);
      const few = compressed(tri);
      return {
        rows: rows && scaled(rows, change),
        few,
        tri,
        change,
        answer,
        modes: spectrum,
        enough: closeEnough(tri, answer),
      };
    });
  }

  /** A run {scale, optimizer, rate, epochs, start, mistake} and the excess loss of each epoch. */
  run(state, settings = state) {
    const key = `run ${JSON.stringify(pick(settings, RUN_KEYS))}`;
    return this.once(key, () => {
      const found = this.descended(this.problem(state, settings.scale), settings),
        k = found.losses.length;
      const { answer, modes: spectrum } = this.problem(state, settings.scale);
      const over = new Float64Array(k);
      for (let epoch = 0; epoch < k; epoch += 1)
        over[epoch] = excess(spectrum, found.path, answer.theta, epoch * found.q);
      return { ...found, over, last: k - 1 };
    });
  }

  descended(problem, { optimizer, rate, epochs, start, mistake }) {
    if (mistake) {
      return mistaken(mistake, problem.rows, start, rate, Math.min(epochs, Math.floor(MISTAKEN_ROWS / problem.rows.n)));
    }
    const rows = problem.rows && problem.rows.n * epochs <= OWN_ROWS ? problem.rows : problem.few;
    return descend(rows, RULES[optimizer].make(start.length, curvature(rows, problem.modes)), start, rate, epochs);
  }
}

/** Parameters of the scaled problem in the user's units. */
export function back(theta, { centre, scale }) {
  const p = centre.length,
    found = Float64Array.from(theta);
  for (let j = 0; j < p; j += 1) {
    found[j] /= scale[j];
    found[p] -= found[j] * centre[j];
  }
  return found;
}

/** The state of an epoch in words. `names` are the catalogue's mistakes. */
export function verdict(state, study, catalogue) {
  const problem = study.problem(state),
    run = study.run(state),
    at = Math.min(state.at, run.last);
  const loss = run.losses[at],
    least = problem.answer.loss;
  if (run.last < 0)
    return { good: false, text: "The squares leave the range of float64: bring the start, or the rows, nearer to 0." };
  const said = state.mistake
    ? mistakeSaid(state, study, catalogue[state.mistake], loss, at)
    : rightSaid(state, problem, run, at, loss, least);
  const depends =
    problem.answer.rank < state.names.length
      ? " Columns depend on each other, so only mixtures of their slopes are determined."
      : "";
  return { ...said, text: said.text + depends };
}

function mistakeSaid(state, study, entry, loss, at) {
  const right = study.run(state, { ...state, mistake: "" }),
    there = right.losses[Math.min(at, right.last)];
  const same = Math.abs(loss - there) <= 1e-9 * there;
  const seen = same ? "the loss is the same, so far" : `the loss is ${number(loss)}; done right it is ${number(there)}`;
  return {
    good: false,
    text: `${entry.name} (${entry.code}): ${entry.sentence} After ${count(at, "epoch")} ${seen}. To mend it: ${entry.mend}`,
  };
}

function rightSaid(state, { modes: spectrum, answer, enough }, run, at, loss, least) {
  const limit = rateLimit(spectrum, state.optimizer),
    plain = state.optimizer === "sgd";
  const after = `After ${count(at, "epoch")}${RATELESS.includes(state.optimizer) ? "" : ` at learning rate ${number(state.rate)}`}`;
  if (run.over[at] <= enough)
    return {
      good: true,
      text: `Converged: ${after.toLowerCase()} every estimate is within 0.001 standard errors of the least-squares answer.`,
    };
  if (limit !== null && state.rate >= limit) {
    const growth = plain
      ? `; the error grows ${number(Math.abs(1 - state.rate * spectrum.values[0]))}-fold an epoch`
      : "";
    return {
      good: false,
      text: `Diverges: ${number(state.rate)} is ${number(state.rate / limit)} times the limit ${number(limit)}${growth}. ${after} the loss is ${number(loss)}. Take less than ${number(below(limit))}.`,
    };
  }
  if (run.overflow)
    return { good: false, text: `Diverges: the loss overflows after epoch ${run.last}. Take a lower learning rate.` };
  return {
    good: false,
    text: `Not converged: ${after.toLowerCase()} the loss is ${againstTheLeast(loss, least)}. ${plain ? needs(state, spectrum, answer, enough) : ""}`.trim(),
  };
}

function againstTheLeast(loss, least) {
  if (least <= 0) return `${number(loss)}, and it can be 0`;
  if (loss < 1.01 * least)
    return `${number(least)}, within one part in ${number(1 / Math.max(loss / least - 1, 1e-16), 2)} of the least possible`;
  return `${number(loss)}, ${number(loss / least, 3)} times the least possible (${number(least)})`;
}

function needs(state, spectrum, answer, enough) {
  const told = (rate) => {
    const epochs = epochsNeeded(spectrum, state.start, answer.theta, rate, enough);
    return epochs === null ? "never gets there" : `needs ${count(epochs, "epoch")}`;
  };
  const best = below(bestRate(spectrum)),
    wide = Math.sqrt(condition(spectrum));
  const valley =
    wide > 3
      ? ` The valley is ${number(wide, 3)} times as long as wide${state.scale === "standardised" ? "" : ": standardise the features to make it round"}.`
      : "";
  return `At this rate it ${told(state.rate)}; at the best fixed rate, ${number(best)}, it ${told(best)}.${valley}`;
}

// ---------------------------------------------------------------- Code: the same epoch three ways, and exports

const BARE = {
  residual: "y - (X @ w + b)",
  gradient_w: "-2 / n * (X.T @ residual)",
  gradient_b: "-2 / n * residual.sum()",
  update_w: "w - RATE * gradient_w",
  update_b: "b - RATE * gradient_b",
};
const IN_BATCHES = {
  residual: "y[rows] - (X[rows] @ w + b)",
  gradient_w: "-2 / len(rows) * (X[rows].T @ residual)",
  gradient_b: "-2 / len(rows) * residual.sum()",
};
const ORDER = ["gradient_w", "gradient_b", "update_w", "update_b"];
const PREPARED = {
  raw: [],
  centred: ["X = X - X.mean(axis=0)"],
  standardised: ["X = (X - X.mean(axis=0)) / X.std(axis=0)"],
};
const PHASE = { residual: 0, loss: 1, gradient_w: 2, gradient_b: 3, update_w: 4, update_b: 5 };
export const PHASES = 6;

/** The NumPy code as [text, phases in which it runs, what it gives]; `values` are numbers to fill in. */
export function numpyCode(state, values = {}) {
  const { code = {} } = MISTAKES[state.mistake] || {},
    rule = RULES[state.optimizer];
  const plain = state.optimizer === "sgd",
    texts = { ...BARE, ...(code.inner ? IN_BATCHES : {}), ...code };
  const lines = [...PREPARED[state.scale], ...(code.prepare || [])].map((text) => [text, []]);
  lines.push(["n = len(y)", []]);
  if (rule.hessian) lines.push(["A = np.column_stack([X, np.ones(n)])", []], ["H = 2 / n * A.T @ A", []]);
  if (!plain) lines.push(...["theta = np.append(w, b)", ...(rule.prepare || [])].map((text) => [text, []]));
  lines.push([code.loop || "for epoch in range(EPOCHS):", []]);
  const indent = code.inner ? "        " : "    ";
  if (code.inner) lines.push([`    ${code.inner}`, []]);
  if (!plain)
    lines.push([
      `${indent}w, b${rule.lines.join().includes("**t") ? ", t" : ""} = theta[:-1], theta[-1]${rule.lines.join().includes("**t") ? ", epoch + 1" : ""}`,
      [],
    ]);
  lines.push(
    [`${indent}residual = ${texts.residual}`, [0], values.residual],
    [`${indent}loss = (residual**2).mean()`, [1], values.loss],
  );
  const names = plain ? code.order || ORDER : ORDER.slice(0, 2);
  for (const name of names)
    lines.push([`${indent}${name.replace("update_", "")} = ${texts[name]}`, [PHASE[name]], values[name]]);
  if (!plain) {
    lines.push([`${indent}g = np.append(gradient_w, gradient_b)`, [3], undefined]);
    rule.lines.forEach((text, k) =>
      lines.push([indent + text, [4, 5], k === rule.lines.length - 1 ? values.theta : undefined]),
    );
    lines.push(["w, b = theta[:-1], theta[-1]", []]);
  }
  return lines.map(([text, phases, value]) => [filled(text, state), phases, value]);
}

const filled = (text, state) => text.replaceAll("RATE", String(state.rate)).replaceAll("EPOCHS", String(state.epochs));

/** The same by autograd. */
export function autogradCode(state, values = {}) {
  const zeroed = state.mistake !== "LW109";
  return [
    ["w = torch.tensor(w, requires_grad=True)", []],
    ["b = torch.tensor(b, requires_grad=True)", []],
    ["for epoch in range(EPOCHS):", []],
    ["    loss = ((y - (X @ w + b)) ** 2).mean()", [0, 1], values.loss],
    ["    loss.backward()", [2, 3], values.gradient],
    ["    with torch.no_grad():", [4, 5]],
    ["        w -= RATE * w.grad", [4], values.update_w],
    ["        b -= RATE * b.grad", [5], values.update_b],
    [zeroed ? "        w.grad.zero_()" : "        # w.grad.zero_() is forgotten", zeroed ? [5] : []],
    [zeroed ? "        b.grad.zero_()" : "        # b.grad.zero_() is forgotten", zeroed ? [5] : []],
  ].map(([text, ...rest]) => [filled(text, state), ...rest]);
}

/** The same by torch.optim; `twin` is the optimiser's name there, or null. */
export function optimCode(state, twin, values = {}) {
  if (!twin) return [[`# torch.optim has no ${state.optimizer}`, []]];
  const more = {
    momentum: ", momentum=0.9",
    nesterov: ", momentum=0.9, nesterov=True",
    "rmsprop-centered": ", centered=True",
    amsgrad: ", amsgrad=True",
  };
  const zeroed = state.mistake !== "LW109";
  return [
    ["model, criterion = nn.Linear(p, 1), nn.MSELoss()", []],
    [`optimizer = torch.optim.${twin}(model.parameters(), lr=RATE${more[state.optimizer] || ""})`, []],
    ["for epoch in range(EPOCHS):", []],
    ["    loss = criterion(model(X), y)", [0, 1], values.loss],
    [zeroed ? "    optimizer.zero_grad()" : "    # optimizer.zero_grad() is forgotten", zeroed ? [1] : []],
    ["    loss.backward()", [2, 3], values.gradient],
    ["    optimizer.step()", [4, 5], values.theta],
  ].map(([text, ...rest]) => [filled(text, state), ...rest]);
}

/** The numbers of an epoch to fill into the code. */
export function epochValues(state, study) {
  const run = study.run(state),
    { rows, few } = study.problem(state),
    at = Math.min(state.at, run.last),
    q = run.q,
    p = q - 1;
  if (at < 0) return {};
  const now = run.path.subarray(at * q, at * q + q),
    next = at < run.last ? run.path.subarray((at + 1) * q, (at + 2) * q) : null;
  const own = rows || few,
    g = gradientAt(own, now),
    some = (list, d = 5) => Array.from(list, (v) => number(v, d));
  const list = (values) => (values.length > 3 ? `[${values.slice(0, 3).join(", ")}, ..]` : `[${values.join(", ")}]`);
  const residual = Array.from(
    { length: Math.min(own.n, 4) },
    (_, i) =>
      own.y[i] - now[p] - Array.from({ length: p }, (_, j) => own.X[i * p + j] * now[j]).reduce((a, b) => a + b, 0),
  );
  const plain = !state.mistake;
  return {
    residual: plain && rows ? list(some(residual, 4)) : "",
    loss: plain ? number(run.losses[at], 7) : "",
    gradient_w: plain ? list(some(g.subarray(0, p))) : "",
    gradient_b: plain ? number(g[p], 5) : "",
    gradient: plain ? `${list(some(g.subarray(0, p)))}, ${number(g[p], 5)}` : "",
    update_w: next ? list(some(next.subarray(0, p), 6)) : "",
    update_b: next ? number(next[p], 6) : "",
    theta: next ? `${list(some(next.subarray(0, p), 6))}, ${number(next[p], 6)}` : "",
  };
}

function gradientAt({ n, p, X, y }, theta) {
  const g = new Float64Array(p + 1);
  for (let i = 0; i < n; i += 1) {
    let residual = y[i] - theta[p];
    for (let j = 0; j < p; j += 1) residual -= X[i * p + j] * theta[j];
    for (let j = 0; j < p; j += 1) g[j] += X[i * p + j] * residual;
    g[p] += residual;
  }
  return g.map((v) => (-2 / n) * v);
}

/** Rows as CSV. */
export function csv(state) {
  const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [[...state.names, state.target].map(cell).join(","), ...state.rows.map((row) => row.join(","))].join("\n");
}

/** A shell command that makes the run again; rows that no file or name stands for come with it. */
export function command(state) {
  const quoted = (text) => (/^[\w.,/=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const own = state.edited || !state.source,
    plain = state.optimizer === "sgd" && state.scale === "raw";
  const parts = [
    "leastwise",
    plain ? "compare" : "descend",
    own ? "-" : quoted(state.source),
    "-y",
    quoted(state.target),
  ];
  for (const name of state.names) parts.push("-x", quoted(name));
  if (!plain) parts.push("--optimizer", state.optimizer);
  if (state.scale !== "raw") parts.push(state.scale === "centred" ? "--centre" : "--standardise");
  if (!RATELESS.includes(state.optimizer)) parts.push("--learning-rate", String(state.rate));
  parts.push("--epochs", String(state.epochs), `--start=${[...state.start].join(",")}`);
  return own ? `${parts.join(" ")} <<'ROWS'\n${csv(state)}\nROWS` : parts.join(" ");
}

/** Python that makes the run again: with leastwise, or, where there is a mistake in it, the NumPy code as it stands. */
export function python(state) {
  const text = JSON.stringify,
    start = `([${[...state.start].slice(0, -1).join(", ")}], ${state.start.at(-1)})`;
  const rows = (columns) => columns.map((row) => `    [${row.join(", ")}],`).join("\n");
  const arrays = state.rows
    ? `X = np.array([\n${rows(state.rows.map((row) => row.slice(0, -1)))}\n], dtype=float)\ny = np.array([${state.rows.map((row) => row.at(-1)).join(", ")}], dtype=float)\n`
    : "";
  if (state.mistake) {
    const listing = numpyCode(state)
      .map(([line]) => line)
      .join("\n");
    return `import numpy as np\n\n${arrays}w, b = np.array(${text([...state.start].slice(0, -1))}), ${state.start.at(-1)}\n${listing}\nprint(w, b)\n`;
  }
  const how = { raw: "", centred: "    centre=True,\n", standardised: "    standardise=True,\n" }[state.scale];
  const rate = RATELESS.includes(state.optimizer) ? "" : `    learning_rate=${state.rate},\n`;
  const given = arrays
    ? `X, y, names=${text(state.names)}`
    : `${text(state.source)}, y=${text(state.target)}, x=${text(state.names)}`;
  return `import numpy as np\nimport leastwise as lw\n\n${arrays}fit = lw.descend(\n    ${given},\n    optimizer="${state.optimizer}",\n${rate}    epochs=${state.epochs},\n${how}    start=${start},\n)\nprint(fit.history.loss[-1], fit.coef, fit.intercept)\n`;
}

// ---------------------------------------------------------------- Drawing

const SVG = "http://www.w3.org/2000/svg";
let instances = 0;

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  return node;
}

const html = (tag, attributes = {}, ...children) => {
  const node = set(document.createElement(tag), attributes);
  node.append(...children);
  return node;
};
const svg = (tag, attributes = {}, ...children) => {
  const node = set(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
};
const put = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
const at = (node, name, value) => {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
};

/** An axis from low to high, linear or logarithmic, and round numbers on it. */
export function axis(values, { log = false, margin = 0.06 } = {}) {
  let low = Infinity,
    high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = log ? [1, 10] : [0, 1];
  if (log) [low, high] = [Math.log(low), Math.log(high)];
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high)))
    [low, high] = [low - (Math.abs(low) / 2 || 1), high + (Math.abs(high) / 2 || 1)];
  const wide = margin * (high - low);
  return { low: low - wide, high: high + wide, log };
}

const along = ({ low, high, log }, value) => ((log ? Math.log(value) : value) - low) / (high - low);
const valueAt = ({ low, high, log }, part) => (log ? Math.exp(low + part * (high - low)) : low + part * (high - low));

function ticks({ low, high, log }, most = 6) {
  if (!log) {
    const raw = (high - low) / most,
      power = 10 ** Math.floor(Math.log10(raw));
    const gap = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw * (1 - 1e-12));
    const first = Math.ceil(low / gap - 1e-9),
      last = Math.floor(high / gap + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * gap);
  }
  const [first, last] = [Math.ceil(low / Math.LN10), Math.floor(high / Math.LN10)],
    stride = Math.max(1, Math.ceil((last - first) / most));
  const powers = [];
  for (let k = first; k <= last; k += stride) powers.push(10 ** k);
  if (powers.length >= 2) return powers;
  return [1, 2, 5]
    .flatMap((m) => [10 ** (first - 1) * m, 10 ** first * m])
    .filter((v) => Math.log(v) >= low && Math.log(v) <= high)
    .sort((a, b) => a - b);
}

const short = (v) => (v !== 0 && (Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3) ? trimmed(v.toExponential(1)) : number(v));

const WIDE = 480,
  TALL = 330,
  EDGE = { left: 62, right: 12, top: 12, bottom: 42 };

/** A chart: axes that are drawn anew only when they change, and named paths inside them. */
class Board {
  constructor(title, hint) {
    instances += 1;
    this.id = `leastwise-${instances}`;
    this.axes = svg("g", { "aria-hidden": "true" });
    this.inside = svg("g", { "clip-path": `url(#${this.id})` });
    this.over = svg("g");
    const clip = svg(
      "clipPath",
      { id: this.id },
      svg("rect", {
        x: EDGE.left,
        y: EDGE.top,
        width: WIDE - EDGE.left - EDGE.right,
        height: TALL - EDGE.top - EDGE.bottom,
      }),
    );
    this.svg = svg(
      "svg",
      { viewBox: `0 0 ${WIDE} ${TALL}`, role: "group", "aria-label": title, class: "board" },
      clip,
      this.axes,
      this.inside,
      this.over,
    );
    this.caption = html("figcaption", {}, title);
    this.hint = html("p", { class: "hint" }, hint);
    this.extra = html("div", { class: "extra" });
    this.figure = html("figure", {}, this.caption, this.svg, this.hint, this.extra);
    this.paths = new Map();
  }

  frame(across, up, names) {
    const key = JSON.stringify([across, up, names]);
    if (key === this.framed) return;
    this.framed = key;
    this.across = across;
    this.up = up;
    const bottom = TALL - EDGE.bottom,
      middle = (EDGE.left + WIDE - EDGE.right) / 2;
    const lines = ticks(across)
      .map((v) => [this.x(v), v])
      .flatMap(([x, v]) => [
        svg("line", { x1: x, x2: x, y1: EDGE.top, y2: bottom, class: "rule" }),
        svg("text", { x, y: bottom + 15, "text-anchor": "middle", class: "tick" }, short(v)),
      ]);
    lines.push(
      ...ticks(up, 5)
        .map((v) => [this.y(v), v])
        .flatMap(([y, v]) => [
          svg("line", { x1: EDGE.left, x2: WIDE - EDGE.right, y1: y, y2: y, class: "rule" }),
          svg("text", { x: EDGE.left - 6, y: y + 4, "text-anchor": "end", class: "tick" }, short(v)),
        ]),
    );
    this.axes.replaceChildren(
      ...lines,
      svg("text", { x: middle, y: TALL - 8, "text-anchor": "middle", class: "name" }, names[0]),
      svg(
        "text",
        {
          x: 14,
          y: (EDGE.top + bottom) / 2,
          transform: `rotate(-90 14 ${(EDGE.top + bottom) / 2})`,
          "text-anchor": "middle",
          class: "name",
        },
        names[1],
      ),
    );
  }

  x(value) {
    return EDGE.left + along(this.across, value) * (WIDE - EDGE.left - EDGE.right);
  }

  y(value) {
    return TALL - EDGE.bottom - along(this.up, value) * (TALL - EDGE.top - EDGE.bottom);
  }

  /** The values under a pointer. */
  values(event) {
    const box = this.svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDE,
      y = ((event.clientY - box.top) / box.height) * TALL;
    return [
      valueAt(this.across, (x - EDGE.left) / (WIDE - EDGE.left - EDGE.right)),
      valueAt(this.up, (TALL - EDGE.bottom - y) / (TALL - EDGE.top - EDGE.bottom)),
    ];
  }

  /** Set the d of a named path, made when first asked for. */
  path(name, kind, d) {
    if (!this.paths.has(name)) {
      this.paths.set(name, svg("path", { class: kind, "aria-hidden": "true" }));
      this.inside.append(this.paths.get(name));
    }
    at(this.paths.get(name), "class", kind);
    at(this.paths.get(name), "d", d);
  }

  /** Empty the named paths that begin so, but for those kept. */
  only(prefix, kept) {
    for (const [name, path] of this.paths) if (name.startsWith(prefix) && !kept.includes(name)) at(path, "d", "");
  }

  /** The d of a line through points, cut off well outside the picture. */
  polyline(points) {
    let d = "",
      before = null,
      pen = null;
    for (const [x, y] of points) {
      const now = [this.x(x), this.y(y)];
      if (!Number.isFinite(now[0]) || !Number.isFinite(now[1])) continue;
      const cut = before && clipped(before, now);
      if (cut) {
        if (!pen || pen[0] !== cut[0][0] || pen[1] !== cut[0][1])
          d += `M${cut[0][0].toFixed(1)} ${cut[0][1].toFixed(1)}`;
        d += `L${cut[1][0].toFixed(1)} ${cut[1][1].toFixed(1)}`;
        pen = cut[1];
      }
      before = now;
    }
    return d;
  }

  dot(name, kind, x, y, r = 5) {
    const [px, py] = [this.x(x), this.y(y)];
    const sane = Math.abs(px) < 1e5 && Math.abs(py) < 1e5;
    this.path(name, kind, sane ? `M${px - r} ${py}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0` : "");
  }
}

/** The part of a segment that lies within reach of the picture (Liang & Barsky 1984), or null. */
function clipped([x, y], [u, v]) {
  let from = 0,
    to = 1;
  for (const [start, move, most] of [
    [x, u - x, WIDE],
    [y, v - y, TALL],
  ]) {
    const [low, high] = [-most - start, 2 * most - start];
    if (move === 0) {
      if (low > 0 || high < 0) return null;
      continue;
    }
    from = Math.max(from, Math.min(low / move, high / move));
    to = Math.min(to, Math.max(low / move, high / move));
  }
  if (from > to) return null;
  const within = (value, most) => Math.max(-most, Math.min(2 * most, value));
  const point = (t) => [within(x + t * (u - x), WIDE), within(y + t * (v - y), TALL)];
  return [from === 0 ? [x, y] : point(from), to === 1 ? [u, v] : point(to)];
}

/** A number as people write it, commas between thousands; NaN for anything else, a decimal comma too. */
export function asNumber(text) {
  const right = /^\s*[+-]?(\d*\.?\d*|[1-9]\d{0,2}(,\d{3})+(\.\d*)?)(e[+-]?\d+)?\s*$/i;
  return right.test(text) && /\d/.test(text) ? Number(text.replaceAll(",", "")) : NaN;
}

/** Epochs 0 .. last, at most about `most` of them: the first ones all, later ones farther apart. */
export function thinned(last, most = 400) {
  if (last <= most) return Array.from({ length: last + 1 }, (_, k) => k);
  const half = most / 2,
    found = Array.from({ length: half }, (_, k) => k);
  for (let k = 1; k <= half; k += 1) found.push(Math.round(half * (last / half) ** (k / half)));
  return found.filter((k, place) => place === 0 || k > found[place - 1]);
}

/** Data, the line, what is left over. With several features the line is that at the means of the others. */
class DataPanel {
  constructor(lab) {
    this.lab = lab;
    this.board = new Board(
      "Data and line",
      "Drag a point; double-click adds one. Keys: arrows move it (Shift: further), Page Up and Down take the next, Delete removes it.",
    );
    this.dots = [];
    this.selected = 0;
    const { svg: area } = this.board;
    this.board.over.addEventListener("pointerdown", (event) => this.grab(event));
    area.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) area.addEventListener(end, () => this.drop());
    area.addEventListener("dblclick", (event) => this.add(event));
    this.board.over.addEventListener("keydown", (event) => this.key(event));
    this.board.over.addEventListener("focusin", (event) => {
      if (event.target.dataset.row) this.select(+event.target.dataset.row, false);
    });
  }

  grab(event) {
    const row = event.target.dataset.row;
    if (row === undefined || !this.lab.state.rows) return;
    event.preventDefault();
    this.select(+row, true);
    this.held = +row;
    this.lab.hold(true);
    this.board.svg.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (this.held === undefined) return;
    const [x, y] = this.board.values(event);
    this.move(this.held, x, y);
  }

  drop() {
    if (this.held === undefined) return;
    this.held = undefined;
    this.lab.hold(false);
  }

  move(row, x, y) {
    const { rows, x: j, names } = this.lab.state;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    rows[row][j] = tidy(x, this.board.across);
    rows[row][names.length] = tidy(y, this.board.up);
    this.lab.edited();
  }

  add(event) {
    if (event.target.dataset.row !== undefined) return;
    this.addAt(...this.board.values(event));
  }

  addAt(x, y) {
    const { rows, names, x: j } = this.lab.state;
    if (!rows || rows.length >= MOST_ROWS) return;
    const { tri } = this.lab.study.raw(this.lab.state);
    const row = names.map((_, k) => (k === j ? tidy(x, this.board.across) : tri.means[k]));
    rows.push([...row, tidy(y, this.board.up)]);
    this.lab.edited();
    this.select(rows.length - 1, false);
  }

  remove(row = this.selected) {
    const { rows } = this.lab.state;
    if (!rows || rows.length <= 2) {
      this.lab.say("A line needs at least two points.");
      return;
    }
    rows.splice(row, 1);
    this.lab.edited();
    this.select(Math.min(row, rows.length - 1), document.activeElement === this.dots[row]);
  }

  select(row, focus) {
    this.selected = row;
    this.lab.table.page = Math.floor(row / PAGE);
    this.lab.redraw();
    if (focus) {
      this.draw();
      this.dots[row]?.focus({ preventScroll: true });
    }
  }

  key(event) {
    const row = +event.target.dataset.row,
      { rows, x: j, names } = this.lab.state;
    if (!rows || Number.isNaN(row)) return;
    const step = event.shiftKey ? 0.1 : 0.01,
      wide = (side) => step * (side.high - side.low);
    const by = {
      ArrowLeft: [-wide(this.board.across), 0],
      ArrowRight: [wide(this.board.across), 0],
      ArrowUp: [0, wide(this.board.up)],
      ArrowDown: [0, -wide(this.board.up)],
    }[event.key];
    const to = { PageUp: row - 1, PageDown: row + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (by) this.move(row, rows[row][j] + by[0], rows[row][names.length] + by[1]);
    else if (to !== undefined) this.select(Math.max(0, Math.min(rows.length - 1, to)), true);
    else if (event.key === "Delete" || event.key === "Backspace") {
      this.remove(row);
      this.draw();
      this.dots[this.selected]?.focus();
    } else return;
    event.preventDefault();
  }

  draw() {
    const { state, study } = this.lab,
      { x: j, names, target } = state,
      p = names.length,
      table = state.rows || state.sample,
      { board } = this;
    if (!this.lab.held || !board.across)
      board.frame(axis(table.map((row) => row[j])), axis(table.map((row) => row[p])), [names[j], target]);
    const { tri } = study.raw(state),
      { change, answer } = study.problem(state);
    const ends = [valueAt(board.across, 0), valueAt(board.across, 1)];
    const line = (theta) =>
      board.polyline(
        ends.map((x) => [x, theta[p] + names.reduce((sum, _, k) => sum + theta[k] * (k === j ? x : tri.means[k]), 0)]),
      );
    board.path("answer", "answer", line(back(answer.theta, change)));
    state.kept.forEach((kept, k) => {
      const run = study.run(state, kept);
      if (run.last >= 0)
        board.path(
          `kept ${k}`,
          `kept kept-${k % 4}`,
          line(back(run.path.slice(run.last * run.q, (run.last + 1) * run.q), study.problem(state, kept.scale).change)),
        );
    });
    board.only(
      "kept",
      state.kept.map((_, k) => `kept ${k}`),
    );
    const theta = this.lab.theta();
    board.path("line", "path", theta ? line(theta) : "");
    board.path("squares", "squares", state.squares && theta ? this.squares(theta, table) : "");
    this.points(table);
  }

  squares(theta, table) {
    const { board } = this,
      { x: j, names } = this.lab.state,
      p = names.length;
    let d = "";
    for (const row of table) {
      let fit = theta[p];
      for (let k = 0; k < p; k += 1) fit += theta[k] * row[k];
      const x = board.x(row[j]),
        y = board.y(row[p]),
        side = board.y(fit) - y;
      if (Math.abs(side) < 1e4)
        d += `M${x.toFixed(1)} ${y.toFixed(1)}v${side.toFixed(1)}h${side.toFixed(1)}v${(-side).toFixed(1)}z`;
    }
    return d;
  }

  points(table) {
    const { board, lab } = this,
      { x: j, names, target, rows } = lab.state,
      p = names.length;
    while (this.dots.length > table.length) this.dots.pop().remove();
    while (this.dots.length < table.length) {
      const more = rows ? { role: "button", "aria-roledescription": "point" } : { "aria-hidden": "true" };
      const dot = svg("circle", {
        r: table.length > 200 ? 2.5 : table.length > 60 ? 4 : 5.5,
        class: "point",
        "data-row": this.dots.length,
        ...more,
      });
      this.dots.push(dot);
      board.over.append(dot);
    }
    this.selected = Math.min(this.selected, table.length - 1);
    for (let i = 0; i < table.length; i += 1) {
      const row = table[i],
        dot = this.dots[i],
        key = `${row[j]} ${row[p]} ${board.framed} ${i === this.selected}`;
      if (dot.key === key) continue;
      dot.key = key;
      at(dot, "cx", board.x(row[j]).toFixed(1));
      at(dot, "cy", board.y(row[p]).toFixed(1));
      if (!rows) continue;
      at(dot, "tabindex", i === this.selected ? 0 : -1);
      at(dot, "class", i === this.selected ? "point selected" : "point");
      at(dot, "aria-label", `row ${i + 1}: ${names[j]} ${number(row[j])}, ${target} ${number(row[p])}`);
    }
  }
}

/** A value as it would be typed: to a thousandth of the axis. */
function tidy(value, { low, high, log }) {
  if (log) return value;
  const places = Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(high - low))));
  return Number(value.toFixed(places));
}

/** Loss over epochs, or its excess over the least. */
class LossPanel {
  constructor(lab) {
    this.lab = lab;
    this.board = new Board("Loss over epochs", "Click to go to an epoch.");
    this.board.svg.addEventListener("click", (event) => {
      const epoch = Math.round(this.board.values(event)[0]);
      lab.set({ at: Math.max(0, Math.min(lab.state.epochs, epoch)) });
    });
    this.excess = html("input", { type: "checkbox", onchange: () => lab.set({ excess: this.excess.checked }) });
    this.board.extra.append(html("label", {}, this.excess, " excess over least squares"));
  }

  draw() {
    const { lab, board } = this,
      { state, study } = lab,
      run = study.run(state),
      least = study.problem(state).answer.loss;
    const kept = state.kept.map((one) => study.run(state, one)),
      all = [run, ...kept];
    const of = (one) => (state.excess ? one.over : one.losses);
    this.excess.checked = state.excess;
    const values = all.flatMap((one) => thinned(one.last).map((k) => of(one)[k]));
    const last = Math.max(1, state.epochs, ...kept.map((one) => one.last));
    board.frame({ low: 0, high: last, log: false }, axis(state.excess ? values : [...values, least], { log: true }), [
      "epoch",
      state.excess ? "loss less the least (log)" : "loss (log)",
    ]);
    board.path(
      "least",
      "answer",
      state.excess || least <= 0
        ? ""
        : board.polyline([
            [0, least],
            [last, least],
          ]),
    );
    kept.forEach((one, k) => board.path(`kept ${k}`, `kept kept-${k % 4}`, this.line(one, of(one))));
    board.only(
      "kept",
      kept.map((_, k) => `kept ${k}`),
    );
    board.path("loss", "path", this.line(run, of(run)));
    const here = Math.min(state.at, run.last);
    board.path("cursor", "cursor", `M${board.x(here).toFixed(1)} ${EDGE.top}V${TALL - EDGE.bottom}`);
    if (here >= 0) board.dot("here", "here", here, Math.max(of(run)[here], Number.MIN_VALUE));
    at(
      board.svg,
      "aria-label",
      `Loss over epochs: ${number(run.losses[0])} at the start, ${number(run.losses[here])} at epoch ${here}, the least is ${number(least)}`,
    );
  }

  line(run, values) {
    return this.board.polyline(
      thinned(run.last)
        .map((k) => [k, values[k]])
        .filter(([, v]) => v > 0),
    );
  }
}

/** Contours of the loss over two parameters (the least over the others), the path, the eigen-directions. */
class ContourPanel {
  constructor(lab) {
    this.lab = lab;
    this.board = new Board(
      "The path on the contours of the loss",
      "Drag the start. Keys: arrows move it (Shift: further). Dotted: the steepest and the flattest direction.",
    );
    this.start = svg("circle", {
      r: 8,
      class: "start",
      tabindex: 0,
      role: "button",
      "aria-roledescription": "start of the descent",
    });
    this.board.over.append(this.start);
    this.start.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.start.focus({ preventScroll: true });
      this.held = true;
      lab.hold(true);
      this.board.svg.setPointerCapture(event.pointerId);
    });
    this.board.svg.addEventListener("pointermove", (event) => {
      if (this.held) this.move(...this.board.values(event));
    });
    for (const end of ["pointerup", "pointercancel"])
      this.board.svg.addEventListener(end, () => {
        if (this.held) {
          this.held = false;
          lab.hold(false);
        }
      });
    this.start.addEventListener("keydown", (event) => this.key(event));
    this.selects = [0, 1].map((k) =>
      html("select", {
        "aria-label": k ? "parameter upwards" : "parameter across",
        onchange: () => {
          const axes = [...lab.state.axes];
          axes[k] = +this.selects[k].value;
          if (axes[0] === axes[1]) axes[1 - k] = lab.state.axes[k];
          lab.set({ axes });
        },
      }),
    );
    this.labels = html("label", {}, "axes ", ...this.selects);
    this.board.extra.append(this.labels);
  }

  move(a, b) {
    const { axes, start } = this.lab.state,
      moved = [...start];
    moved[axes[0]] = tidy(a, this.board.across);
    moved[axes[1]] = tidy(b, this.board.up);
    this.lab.set({ start: moved });
  }

  key(event) {
    const step = event.shiftKey ? 0.1 : 0.02,
      { across, up } = this.board,
      { axes, start } = this.lab.state;
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by) return;
    event.preventDefault();
    this.move(
      start[axes[0]] + by[0] * step * (across.high - across.low),
      start[axes[1]] + by[1] * step * (up.high - up.low),
    );
  }

  draw() {
    const { lab, board } = this,
      { state, study } = lab,
      [a, b] = state.axes,
      { answer, modes: spectrum } = study.problem(state),
      run = study.run(state);
    const names = [...state.names, "intercept"].map((name, j) => (j < state.names.length ? `slope of ${name}` : name)),
      scale = state.scale === "raw" ? "" : `, ${state.scale}`;
    this.labels.hidden = state.names.length < 2;
    this.selects.forEach((select, k) => {
      if (select.options.length !== names.length || select.names !== names.join()) {
        select.replaceChildren(...names.map((name, j) => html("option", { value: j }, name)));
        select.names = names.join();
      }
      select.value = state.axes[k];
    });
    const ends = [
      [state.start[a], state.start[b]],
      [answer.theta[a], answer.theta[b]],
    ];
    const reach = Math.max(...ends[0].map((v, k) => Math.abs(v - ends[1][k])), 1e-300);
    const near = (k, q = run.q) => [run.path[k * q + a], run.path[k * q + b]];
    const inside = thinned(run.last)
      .map((k) => near(k))
      .filter(([x, y]) => Math.abs(x - ends[1][0]) < 3 * reach && Math.abs(y - ends[1][1]) < 3 * reach);
    if (!lab.held || !board.across) {
      const seen = [...ends, ...inside];
      board.frame(
        axis(
          seen.map(([x]) => x),
          { margin: 0.2 },
        ),
        axis(
          seen.map(([, y]) => y),
          { margin: 0.2 },
        ),
        [names[a] + scale, names[b] + scale],
      );
    }
    const shape = profile(spectrum, a, b);
    board.path("contours", "contour", shape ? this.ellipses(shape, answer.theta[a], answer.theta[b]) : "");
    this.directions(shape, answer.theta[a], answer.theta[b]);
    state.kept.forEach((kept, k) => {
      const one = study.run(state, kept),
        q = one.q;
      board.path(
        `kept ${k}`,
        `kept kept-${k % 4}`,
        kept.scale === state.scale
          ? board.polyline(thinned(one.last, 600).map((e) => [one.path[e * q + a], one.path[e * q + b]]))
          : "",
      );
    });
    board.only(
      "kept",
      state.kept.map((_, k) => `kept ${k}`),
    );
    const here = Math.min(state.at, run.last);
    board.path("ahead", "ahead", board.polyline(thinned(run.last, 600).map((k) => near(k))));
    board.path("path", "path", board.polyline(thinned(here, 600).map((k) => near(k))));
    board.dot("goal", "goal", answer.theta[a], answer.theta[b]);
    if (here >= 0) board.dot("here", "here", ...near(here));
    at(this.start, "cx", Math.max(-20, Math.min(WIDE + 20, board.x(state.start[a]))).toFixed(1));
    at(this.start, "cy", Math.max(-20, Math.min(TALL + 20, board.y(state.start[b]))).toFixed(1));
    at(this.start, "aria-label", `start: ${names[a]} ${number(state.start[a])}, ${names[b]} ${number(state.start[b])}`);
  }

  ellipses({ values, vectors }, x, y) {
    const { across, up } = this.board,
      corner = Math.max(
        ...[
          [across.low, up.low],
          [across.low, up.high],
          [across.high, up.low],
          [across.high, up.high],
        ].map(([u, v]) => quadratic({ values, vectors }, u - x, v - y)),
      );
    let d = "";
    for (let level = 0; level < 12; level += 1) {
      const [r, s] = values.map((value) => Math.sqrt((2 * corner * 10 ** (-level / 2)) / value));
      const round = Array.from({ length: 73 }, (_, k) => [
        r * Math.cos((k * Math.PI) / 36),
        s * Math.sin((k * Math.PI) / 36),
      ]);
      d += this.board.polyline(
        round.map(([c, e]) => [x + c * vectors[0][0] + e * vectors[1][0], y + c * vectors[0][1] + e * vectors[1][1]]),
      );
    }
    return d;
  }

  directions(shape, x, y) {
    ["steep", "flat"].forEach((name, k) => {
      const [u, v] = shape ? shape.vectors[k] : [0, 0];
      const far = 4 * Math.max(this.board.across.high - this.board.across.low, this.board.up.high - this.board.up.low);
      this.board.path(
        name,
        `direction ${name}`,
        shape
          ? this.board.polyline([
              [x - far * u, y - far * v],
              [x + far * u, y + far * v],
            ])
          : "",
      );
    });
  }
}

/** The Hessian of the least loss over two parameters, all others at their best: its eigenvalues and eigenvectors. */
export function profile({ values, directions }, a, b) {
  const q = directions[0].length;
  if (values.length < q) return null;
  if (q === 2) return { values, vectors: directions.map((d) => [d[a], d[b]]) };
  const inverse = (i, j) => values.reduce((sum, h, k) => sum + (directions[k][i] * directions[k][j]) / h, 0);
  const [s, t, u] = [inverse(a, a), inverse(a, b), inverse(b, b)];
  const middle = (s + u) / 2,
    apart = Math.hypot((s - u) / 2, t),
    large = middle + apart;
  const small = (s * u - t * t) / large;
  if (!(small > 0)) return null;
  const angle = 0.5 * Math.atan2(2 * t, s - u),
    flat = [Math.cos(angle), Math.sin(angle)];
  return { values: [1 / small, 1 / large], vectors: [[-flat[1], flat[0]], flat] };
}

const quadratic = ({ values, vectors }, x, y) =>
  values.reduce((sum, h, k) => sum + 0.5 * h * (vectors[k][0] * x + vectors[k][1] * y) ** 2, 0);

// ---------------------------------------------------------------- The page

const PAGE = 20,
  SETTLED = 250,
  LONGEST = 8_000,
  EACH = 400,
  SEEN = 400,
  PATIENCE = 30_000;
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The lab in an element: the state, what is drawn of it, and what changes it. `host` is {ask, hash, told}. */
class Lab {
  constructor(el, info, host) {
    Object.assign(this, { el, info, host, study: new Study(), spent: [], held: false, phase: 0, asked: 0 });
    el.classList.add("leastwise-lab");
  }

  async begin() {
    const [id, own, settings, complaints] = this.host.hash
      ? fromHash(location.hash, this.info)
      : [this.info.own?.id || this.info.first, null, {}, []];
    let found = this.known(id);
    if (!found) {
      try {
        found = await this.host.ask("set", { id });
      } catch (error) {
        complaints.push(`data=${id}: ${error.message}`);
        found = this.info.presets[0];
      }
    }
    this.open(found, settings, own);
    this.build();
    const bare = !own && settings.rate === undefined && settings.scale === undefined;
    const asked = Object.keys(found.settings || {}).length > 0;
    if (bare && !asked && !this.info.presets.includes(found)) this.sources.begun(found);
    if (complaints.length) this.say(`Not read from the address: ${complaints.join("; ")}.`);
    this.redraw();
    this.settle();
  }

  known(id) {
    return this.info.own?.id === id
      ? this.info.own
      : this.info.presets.find((one) => one.id === id) || this.sets?.get(id);
  }

  /** Show a set, with settings, and with rows of one's own in place of its own. */
  open(found, settings = {}, own = null) {
    this.sets ??= new Map();
    this.sets.set(found.id, found);
    const base = stateOf({ ...found, settings: { ...found.settings, ...settings } });
    const rows = own ? { ...own, edited: true, n: own.rows.length } : {};
    this.state = fitted(
      { ...base, ...rows, source: found.source, title: found.title },
      own ? new Array(own.names.length + 1).fill(0) : found.start,
    );
    this.study.changed();
  }

  /** Change settings; the picture follows in the next frame, address and agreement when nothing has changed for a while. */
  set(patch) {
    this.state = { ...this.state, ...patch };
    if ("epochs" in patch && !("at" in patch)) this.state.at = patch.epochs;
    if (!("at" in patch)) this.phase = 0;
    this.redraw();
  }

  /** The rows have changed. */
  edited() {
    this.state.edited = true;
    this.state.n = this.state.rows.length;
    this.study.changed();
    if (this.state.at > this.state.epochs) this.state.at = this.state.epochs;
    this.redraw();
  }

  hold(held) {
    this.held = held;
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const begin = performance.now();
      this.draw();
      this.spent.push(performance.now() - begin);
      if (this.spent.length > 600) this.spent.shift();
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), SETTLED);
  }

  /** Parameters of the epoch that is shown, in the user's units. */
  theta() {
    const run = this.study.run(this.state),
      k = Math.min(this.state.at, run.last);
    return k < 0 ? null : back(run.path.slice(k * run.q, (k + 1) * run.q), this.study.problem(this.state).change);
  }

  settle() {
    if (this.held || this.playing) return;
    this.host.told?.(this.state);
    if (this.host.hash) {
      const hash = toHash(this.state);
      if (hash !== location.hash) history.replaceState(null, "", hash);
    }
    const { text } = verdict(this.state, this.study, this.info.mistakes);
    put(this.parts.live, text);
    this.exports.draw();
    this.agree();
  }

  /** Ask Python to make the same run, and say to how many digits the two are one. */
  async agree() {
    const { state, study } = this,
      run = study.run(state),
      key = JSON.stringify([study.version, state.set, pick(state, RUN_KEYS)]);
    if (!this.host.ask || key === this.agreed || run.last < 0) return;
    this.agreed = key;
    this.asked += 1;
    const turn = this.asked,
      seen = thinned(run.last, SEEN);
    this.badge("waiting", "asking NumPy and PyTorch ...");
    const told = {
      ...pick(state, ["scale", "optimizer", "rate", "mistake", "names"]),
      start: [...state.start],
      id: state.set,
      rows: state.rows,
      path: {
        epochs: seen,
        losses: seen.map((k) => run.losses[k]),
        parameters: seen.map((k) => [...run.path.subarray(k * run.q, (k + 1) * run.q)]),
      },
    };
    try {
      const answer = await this.host.ask("agree", told);
      if (turn === this.asked) this.agreement(answer);
    } catch (error) {
      if (turn === this.asked) {
        this.agreed = null;
        this.badge("off", `No agreement to show: ${error.message}`);
      }
    }
  }

  agreement({ numpy, torch, torch_epochs: short, refusal, epochs, advice }) {
    const digits = Math.min(numpy, torch ?? numpy),
      { last } = this.study.run(this.state);
    const first = (name, k) => (k < last ? `${name} over the first ${k.toLocaleString("en")} epochs` : "");
    const parts = [first("NumPy", epochs), torch === null ? "" : first("PyTorch", short)].filter(Boolean),
      some = parts.length ? ` (${parts.join(", ")})` : "";
    const same = this.state.mistake
      ? `browser = NumPy, with the same mistake, to ${numpy.toFixed(1)} digits${torch === null ? "" : `; PyTorch, done right, agrees to ${torch.toFixed(1)}`}`
      : torch === null
        ? `browser = NumPy to ${numpy.toFixed(1)} digits${some}; ${refusal}`
        : `browser = NumPy = PyTorch to ${digits.toFixed(1)} digits${some}`;
    this.badge((this.state.mistake ? numpy : digits) >= 9 ? "agrees" : "differs", same);
    this.parts.badge.dataset.numpy = numpy;
    this.parts.badge.dataset.torch = torch ?? "";
    this.parts.advice.hidden = !advice;
    if (advice) put(this.parts.said, advice.verdict);
  }

  badge(kind, text) {
    at(this.parts.badge, "class", `badge ${kind}`);
    this.parts.badge.dataset.state = kind;
    put(this.parts.badge, text);
  }

  /** Words for those who see, and for those who listen. */
  say(text) {
    put(this.parts.notice, text);
    this.parts.notice.hidden = !text;
  }

  // ---- running

  go(epoch) {
    const to = Math.max(0, Math.min(MOST_EPOCHS, epoch));
    this.say("");
    this.set({ epochs: Math.max(this.state.epochs, to), at: to });
  }

  line() {
    if (this.phase + 1 < PHASES) {
      this.phase += 1;
      this.redraw();
    } else {
      this.phase = 0;
      this.go(this.state.at + 1);
    }
  }

  toAnswer() {
    const { answer, modes: spectrum, enough } = this.study.problem(this.state),
      { optimizer, rate, start, mistake } = this.state;
    if (optimizer !== "sgd" || mistake) {
      this.toAnswerByRun(enough);
      return;
    }
    const needed = epochsNeeded(spectrum, start, answer.theta, rate, enough);
    if (needed === null) this.say("At this rate it never gets there: take a lower one.");
    else if (needed > MOST_EPOCHS)
      this.say(
        `It needs ${count(needed, "epoch")}, more than the ${MOST_EPOCHS.toLocaleString("en")} that are run here: take a better rate, or standardise.`,
      );
    else this.go(Math.max(needed, 1));
  }

  toAnswerByRun(enough) {
    const run = this.study.run(this.state, { ...this.state, epochs: 20_000 }),
      first = run.over.findIndex((v) => v <= enough);
    if (first < 0) this.say("Within 20,000 epochs it does not get there.");
    else this.go(Math.max(first, 1));
  }

  run() {
    if (this.playing) {
      this.pause();
      return;
    }
    if (this.state.at >= this.state.epochs) this.set({ at: 0 });
    if (calm()) {
      this.go(this.state.epochs);
      return;
    }
    const from = this.state.at,
      epochs = this.state.epochs,
      begin = performance.now(),
      each = Math.min(EACH, LONGEST / epochs);
    this.playing = true;
    const tick = () => {
      if (!this.playing) return;
      const t = (performance.now() - begin) / each,
        epoch = Math.min(epochs, from + Math.floor(t));
      this.phase = epoch < epochs ? Math.floor((t % 1) * PHASES) : 0;
      this.state.at = epoch;
      if (epoch >= epochs) this.playing = false;
      else requestAnimationFrame(tick);
      this.redraw();
    };
    requestAnimationFrame(tick);
    this.redraw();
  }

  pause() {
    this.playing = false;
    this.redraw();
  }

  keep() {
    this.set({ kept: [...this.state.kept, pick({ ...this.state, start: [...this.state.start] }, RUN_KEYS)].slice(-8) });
  }

  // ---- building and drawing

  build() {
    const parts = (this.parts = {
      verdict: html("p", { class: "words" }),
      live: html("p", { class: "unseen", role: "status" }),
      notice: html("p", { class: "notice", role: "alert", hidden: true }),
      badge: html("output", { class: "badge off", "aria-live": "off" }),
      said: html("p", {}),
      advice: html("details", { class: "advice", hidden: true }),
    });
    if (!this.host.ask) put(parts.badge, "The page of leastwise lab also checks each run against NumPy and PyTorch.");
    parts.advice.append(html("summary", {}, "what leastwise advise says"), parts.said);
    this.panels = [new DataPanel(this), new LossPanel(this), new ContourPanel(this)];
    this.controls = new Controls(this);
    this.facts = new Facts();
    this.table = new Table(this);
    this.code = new Code(this);
    this.exports = new Exports(this);
    this.sources = new Sources(this);
    const heading = this.info.host === "page" ? "h1" : "h3";
    this.el.replaceChildren(
      html(
        "header",
        {},
        html(heading, { class: "title" }, this.info.host === "report" ? "Try it" : "leastwise lab"),
        this.sources.el,
      ),
      html(
        "section",
        { class: "verdict", "aria-label": "Verdict" },
        parts.verdict,
        parts.badge,
        parts.advice,
        parts.notice,
        parts.live,
      ),
      this.controls.el,
      html("div", { class: "panels" }, ...this.panels.map((panel) => panel.board.figure)),
      this.facts.el,
      this.code.el,
      this.table.el,
      this.exports.el,
    );
    this.panels[0].board.extra.append(...this.controls.points);
  }

  draw() {
    const { text, good } = verdict(this.state, this.study, this.info.mistakes);
    put(this.parts.verdict, text);
    at(this.parts.verdict.parentNode, "class", good ? "verdict good" : "verdict");
    for (const part of [...this.panels, this.controls, this.code, this.table, this.sources]) part.draw();
    this.facts.draw(this);
  }
}

/** Rate, epochs, optimiser, scale, mistakes, start; step, run, scrub. */
class Controls {
  constructor(lab) {
    this.lab = lab;
    const { info } = lab,
      set_ = (key) => (event) => {
        lab.say("");
        lab.set({ [key]: event.target.value });
      };
    this.slider = html("input", {
      type: "range",
      min: 0,
      max: 1000,
      step: 1,
      "aria-label": "learning rate, on a log scale",
      class: "wide",
      oninput: () => lab.set({ rate: this.rateAt(+this.slider.value / 1000) }),
    });
    this.rate = this.typed(
      "learning rate",
      (v) => v > 0 && v < 1e300,
      (rate) => lab.set({ rate }),
      "a number above 0",
    );
    this.epochs = this.typed(
      "epochs",
      (v) => Number.isInteger(v) && v >= 1 && v <= MOST_EPOCHS,
      (epochs) => lab.set({ epochs }),
      `a whole number from 1 to ${MOST_EPOCHS.toLocaleString("en")}`,
    );
    this.zone = html("i", { class: "zone" });
    this.ticks = Object.fromEntries(
      ["best", "limit"].map((name) => [
        name,
        html(
          "button",
          { type: "button", class: `mark ${name}`, onclick: () => lab.set({ rate: this.marks[name] }) },
          name,
        ),
      ]),
    );
    this.ruler = html("div", { class: "ruler" }, this.zone, this.ticks.best, this.ticks.limit);
    this.optimizer = html(
      "select",
      { onchange: set_("optimizer") },
      ...Object.keys(RULES).map((name) =>
        html("option", { value: name, title: info.optimizers[name]?.sentence }, name),
      ),
    );
    this.scales = SCALES.map((scale) =>
      html("input", { type: "radio", name: `scale-${instances}`, value: scale, onchange: set_("scale") }),
    );
    this.mistake = html("select", {
      onchange: (event) => {
        lab.say("");
        lab.set({ mistake: event.target.value, optimizer: event.target.value ? "sgd" : lab.state.optimizer });
        this.diagnose();
      },
    });
    this.diagnosis = html("p", { class: "hint diagnosis", hidden: true });
    this.scrub = html("input", {
      type: "range",
      min: 0,
      step: 1,
      "aria-label": "epoch that is shown",
      class: "wide",
      oninput: () => {
        lab.pause();
        lab.set({ at: +this.scrub.value });
      },
    });
    this.epoch = html("output", { class: "epoch", "aria-live": "off" });
    const button = (name, act, title) => html("button", { type: "button", title, onclick: act }, name);
    this.runs = button("Run", () => lab.run(), "play the epochs");
    this.kept = html("ul", { class: "kept-list", "aria-label": "kept runs" });
    this.squares = html("input", { type: "checkbox", onchange: () => lab.set({ squares: this.squares.checked }) });
    this.add = button("Add a point", () => {
      const { across, up } = lab.panels[0].board;
      lab.panels[0].addAt(valueAt(across, 0.5), valueAt(up, 0.5));
    });
    this.remove = button("Delete the point", () => lab.panels[0].remove());
    this.points = [html("label", {}, this.squares, " residual squares"), this.add, this.remove];
    this.starts = html("span", { class: "starts" });
    this.group = html(
      "fieldset",
      { class: "scales" },
      html("legend", {}, "features"),
      ...this.scales.map((input) => html("label", {}, input, ` ${input.value}`)),
    );
    this.el = html(
      "section",
      { class: "controls", "aria-label": "Settings" },
      html(
        "div",
        { class: "rate" },
        html("label", {}, "learning rate ", this.rate),
        html("div", { class: "rail" }, this.slider, this.ruler),
      ),
      html(
        "div",
        { class: "row" },
        html("label", {}, "epochs ", this.epochs),
        html("label", {}, "optimiser ", this.optimizer),
        this.group,
        this.starts,
      ),
      html("div", { class: "row" }, html("label", {}, "break it ", this.mistake), this.diagnosis),
      html(
        "div",
        { class: "row transport" },
        button("Back to the start", () => {
          lab.pause();
          lab.set({ at: 0 });
        }),
        button("Next line", () => lab.line(), "run one line of the code"),
        button("Step", () => {
          lab.pause();
          lab.go(lab.state.at + 1);
        }),
        button("10 steps", () => {
          lab.pause();
          lab.go(lab.state.at + 10);
        }),
        this.runs,
        button(
          "To the answer",
          () => {
            lab.pause();
            lab.toAnswer();
          },
          "as many epochs as it needs",
        ),
        this.scrub,
        this.epoch,
      ),
      html(
        "div",
        { class: "row" },
        button("Keep this run", () => lab.keep(), "draw it beside the next ones"),
        this.kept,
      ),
    );
  }

  /** An input for a number: taken when it is right, explained when it is not. */
  typed(name, right, take, wanted) {
    const input = html("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      size: 9,
      "aria-label": name,
    });
    const read = () => {
      const value = asNumber(input.value);
      at(input, "aria-invalid", !right(value));
      if (right(value)) {
        this.lab.say("");
        take(value);
      } else this.lab.say(`${name} must be ${wanted}: it is ${input.value || "empty"}.`);
    };
    input.addEventListener("change", read);
    return input;
  }

  /** The ends of the rate slider: about the limit where there is one. */
  ends() {
    const { state, study } = this.lab,
      limit = rateLimit(study.problem(state).modes, state.optimizer);
    return limit === null
      ? { low: Math.log(1e-5), high: Math.log(100), log: true }
      : { low: Math.log(limit * 1e-4), high: Math.log(limit * 4), log: true };
  }

  rateAt(part) {
    return Number(valueAt(this.ends(), part).toPrecision(4));
  }

  async diagnose() {
    const { lab } = this,
      { mistake } = lab.state;
    this.diagnosis.hidden = !mistake || !lab.host.ask;
    if (!mistake || !lab.host.ask || this.diagnosed === mistake) return;
    this.diagnosed = mistake;
    put(this.diagnosis, "leastwise check is looking at it ...");
    try {
      const { faults, unknown } = await lab.host.ask("diagnose", { mistake });
      if (lab.state.mistake === mistake)
        put(
          this.diagnosis,
          `leastwise check says: ${faults.map((f) => `${f.code} ${f.name}: ${f.evidence}`).join("; ") || unknown || "nothing that it would call wrong"}`,
        );
    } catch (error) {
      put(this.diagnosis, error.message);
      this.diagnosed = "";
    }
  }

  draw() {
    const { lab, slider, rate, epochs } = this,
      { state, study } = lab,
      { modes: spectrum } = study.problem(state),
      ends = this.ends(),
      p = state.names.length;
    const write = (input, value) => {
      if (input.getRootNode().activeElement !== input && input.value !== String(value)) {
        input.value = value;
        at(input, "aria-invalid", "false");
      }
    };
    write(rate, state.rate);
    write(epochs, state.epochs);
    const part = Math.max(0, Math.min(1, along(ends, state.rate))),
      limit = rateLimit(spectrum, state.optimizer);
    if (+slider.value !== Math.round(part * 1000)) slider.value = Math.round(part * 1000);
    at(
      slider,
      "aria-valuetext",
      `${number(state.rate)}${limit !== null && state.rate >= limit ? ", above the limit: it diverges" : ""}`,
    );
    slider.disabled = rate.disabled = RATELESS.includes(state.optimizer);
    this.marks = {
      best: state.optimizer === "sgd" ? below(bestRate(spectrum)) : null,
      limit: limit === null ? null : below(limit),
    };
    for (const [name, mark] of Object.entries(this.ticks)) {
      mark.hidden = this.marks[name] === null;
      if (!mark.hidden) {
        mark.style.left = `${100 * along(ends, this.marks[name])}%`;
        at(mark, "title", `${name}: ${number(this.marks[name])}`);
        at(mark, "aria-label", `${name} rate, ${number(this.marks[name])}`);
      }
    }
    this.zone.style.left = `${limit === null ? 100 : 100 * along(ends, limit)}%`;
    this.optimizer.value = state.optimizer;
    this.optimizer.disabled = Boolean(state.mistake);
    for (const input of this.scales) input.checked = input.value === state.scale;
    this.offer(p);
    this.mistake.value = state.mistake;
    if (state.mistake !== this.shown) {
      this.shown = state.mistake;
      this.diagnose();
    }
    at(this.scrub, "max", state.epochs);
    if (+this.scrub.value !== state.at) this.scrub.value = state.at;
    put(this.epoch, `epoch ${state.at.toLocaleString("en")} of ${state.epochs.toLocaleString("en")}`);
    put(this.runs, lab.playing ? "Pause" : "Run");
    this.squares.checked = state.squares;
    for (const one of [this.add, this.remove]) one.hidden = !state.rows;
    this.drawStart(p);
    this.drawKept();
  }

  offer(p) {
    const { state, info } = this.lab,
      key = `${p} ${Boolean(state.rows)}`;
    if (this.offered === key) return;
    this.offered = key;
    const codes = state.rows ? Object.keys(MISTAKES).filter((code) => possible(code, p)) : [];
    this.mistake.replaceChildren(
      html("option", { value: "" }, state.rows ? "nothing: done right" : "(needs the rows: they are too many here)"),
      ...codes.map((code) => html("option", { value: code }, `${info.mistakes[code].name} (${code})`)),
    );
  }

  drawStart(p) {
    const { lab } = this,
      names = [...lab.state.names, "intercept"];
    if (this.startNames !== names.join()) {
      this.startNames = names.join();
      const inputs = (this.startInputs = names.map((name, j) =>
        this.typed(
          `start of ${name}`,
          Number.isFinite,
          (value) => {
            const start = [...lab.state.start];
            start[j] = value;
            lab.set({ start });
          },
          "a number",
        ),
      ));
      this.starts.replaceChildren("start ", ...inputs.slice(0, 6));
      this.starts.hidden = p > 5;
    }
    this.startInputs.forEach((input, j) => {
      const value = Number(lab.state.start[j].toPrecision(12));
      if (input.getRootNode().activeElement !== input && Number(input.value || NaN) !== value) input.value = value;
    });
  }

  drawKept() {
    const { lab } = this,
      { kept } = lab.state,
      key = JSON.stringify(kept);
    if (this.keptKey === key) return;
    this.keptKey = key;
    this.kept.replaceChildren(
      ...kept.map((run, k) =>
        html(
          "li",
          { class: `kept-${k % 4}` },
          html("i", { class: "swatch", "aria-hidden": "true" }),
          `${run.mistake || run.optimizer}, rate ${number(run.rate)}, ${count(run.epochs, "epoch")}, ${run.scale} `,
          html(
            "button",
            {
              type: "button",
              "aria-label": `forget run ${k + 1}`,
              onclick: () => lab.set({ kept: lab.state.kept.filter((_, i) => i !== k) }),
            },
            "forget",
          ),
        ),
      ),
    );
  }
}

/** The numbers. */
class Facts {
  constructor() {
    this.values = [];
    this.list = html("dl", {});
    this.el = html("section", { class: "facts", "aria-label": "Numbers" }, this.list);
  }

  draw(lab) {
    const { state, study } = lab,
      { answer, modes: spectrum, change } = study.problem(state),
      run = study.run(state),
      k = Math.min(state.at, run.last);
    const theta = lab.theta(),
      best = back(answer.theta, change),
      limit = rateLimit(spectrum, state.optimizer),
      names = [...state.names, "intercept"];
    const shown =
      names.length > 7
        ? [state.x, ...state.axes, names.length - 1].filter((j, i, list) => list.indexOf(j) === i)
        : names.map((_, j) => j);
    const facts = [
      ["epoch", k.toLocaleString("en")],
      ["loss", k < 0 ? "-" : number(run.losses[k], 7)],
      ["least loss", number(answer.loss, 7)],
      ...(answer.loss > 0 && k >= 0 ? [["times the least", number(run.losses[k] / answer.loss, 5)]] : []),
      ...shown.flatMap((j) => [
        [names[j], theta ? number(theta[j], 7) : "-"],
        [`${names[j]}, least squares`, number(best[j], 7)],
      ]),
      ["largest stable rate", limit === null ? "-" : number(limit, 6)],
      ["best fixed rate", state.optimizer === "sgd" ? number(bestRate(spectrum), 6) : "-"],
      ["condition", number(condition(spectrum), 5)],
      ["rows", state.n.toLocaleString("en")],
    ];
    const keys = facts.map(([name]) => name).join();
    if (keys !== this.keys) {
      this.keys = keys;
      this.values = facts.map(([name]) => html("dd", { "data-fact": name }));
      this.list.replaceChildren(...facts.map(([name], k) => html("div", {}, html("dt", {}, name), this.values[k])));
    }
    facts.forEach(([, value], k) => put(this.values[k], value));
  }
}

/** The rows as a table that can be edited: the equal of the picture. */
class Table {
  constructor(lab) {
    this.lab = lab;
    this.page = 0;
    this.body = html("tbody", {});
    this.head = html("thead", {});
    this.where = html("span", {});
    const turn = (by) => () => {
      this.page = Math.max(0, Math.min(Math.ceil(lab.state.rows.length / PAGE) - 1, this.page + by));
      lab.redraw();
    };
    this.pages = html(
      "p",
      { class: "row" },
      html("button", { type: "button", onclick: turn(-1) }, "previous rows"),
      this.where,
      html("button", { type: "button", onclick: turn(1) }, "next rows"),
    );
    this.el = html(
      "details",
      { class: "table", ontoggle: () => lab.redraw() },
      html("summary", {}, "The rows as a table"),
      html("div", { class: "scroll" }, html("table", {}, this.head, this.body)),
      this.pages,
      html(
        "p",
        { class: "row" },
        html(
          "button",
          {
            type: "button",
            onclick: () => {
              const { tri } = lab.study.raw(lab.state);
              lab.state.rows.push([...tri.means].map((m) => Number(m.toPrecision(4))));
              lab.edited();
              this.page = Math.floor((lab.state.rows.length - 1) / PAGE);
            },
          },
          "Add a row",
        ),
      ),
    );
  }

  draw() {
    const { state } = this.lab;
    this.el.hidden = !state.rows;
    if (!state.rows || !this.el.open) return;
    this.page = Math.min(this.page, Math.ceil(state.rows.length / PAGE) - 1);
    const first = this.page * PAGE,
      last = Math.min(first + PAGE, state.rows.length),
      names = [...state.names, state.target],
      key = `${first} ${last} ${names}`;
    if (this.built !== key) this.make(key, first, last, names);
    for (let i = first; i < last; i += 1)
      state.rows[i].forEach((value, j) => {
        const input = this.inputs[(i - first) * names.length + j];
        if (input.getRootNode().activeElement !== input && Number(input.value || NaN) !== value) input.value = value;
      });
    put(this.where, ` rows ${first + 1} to ${last} of ${state.rows.length} `);
    this.pages.hidden = state.rows.length <= PAGE;
  }

  make(key, first, last, names) {
    const { lab } = this;
    this.built = key;
    this.inputs = [];
    this.head.replaceChildren(
      html(
        "tr",
        {},
        html("th", { scope: "col" }, "row"),
        ...names.map((name) => html("th", { scope: "col" }, name)),
        html("th", { scope: "col" }, "delete"),
      ),
    );
    this.body.replaceChildren(
      ...Array.from({ length: last - first }, (_, k) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, String(first + k + 1)),
          ...names.map((name, j) => {
            const input = this.input(first + k, j, name);
            this.inputs.push(input);
            return html("td", {}, input);
          }),
          html(
            "td",
            {},
            html(
              "button",
              {
                type: "button",
                "aria-label": `delete row ${first + k + 1}`,
                onclick: () => lab.panels[0].remove(first + k),
              },
              "\u00d7",
            ),
          ),
        ),
      ),
    );
  }

  input(row, j, name) {
    const input = html("input", {
      type: "text",
      inputmode: "decimal",
      size: 8,
      autocomplete: "off",
      "aria-label": `${name} of row ${row + 1}`,
    });
    input.addEventListener("change", () => {
      const value = input.value.trim() === "" ? NaN : Number(input.value);
      at(input, "aria-invalid", !Number.isFinite(value));
      if (!Number.isFinite(value)) {
        this.lab.say(`${name} of row ${row + 1} must be a number: it is ${input.value || "empty"}.`);
        return;
      }
      this.lab.say("");
      this.lab.state.rows[row][j] = value;
      this.lab.edited();
    });
    return input;
  }
}

/** The same epoch in NumPy, by autograd and in torch.optim; the lines that run are lit. */
class Code {
  constructor(lab) {
    this.lab = lab;
    this.lists = ["NumPy, by hand", "PyTorch, autograd", "PyTorch, torch.optim"].map((title) => [
      title,
      html("ol", { class: "lines", tabindex: 0, "aria-label": `code: ${title}` }),
    ]);
    this.el = html(
      "section",
      { class: "code", "aria-label": "Code" },
      ...this.lists.map(([title, list]) =>
        html("div", { class: "listing" }, html("p", { class: "caption" }, title), list),
      ),
    );
  }

  draw() {
    const { state, study, info, phase } = this.lab,
      values = epochValues(state, study),
      twin = info.optimizers[state.optimizer]?.torch;
    const listings = [numpyCode(state, values), autogradCode(state, values), optimCode(state, twin, values)];
    if (state.optimizer !== "sgd")
      listings[1] = [
        ["# by hand, autograd gives g = (w.grad, b.grad);", [2, 3]],
        [`# the update is that of ${state.optimizer}, as in NumPy`, [4, 5]],
      ];
    listings.forEach((lines, k) => this.write(this.lists[k][1], lines, phase, state.mistake));
  }

  write(list, lines, phase, mistake) {
    while (list.children.length > lines.length) list.lastChild.remove();
    lines.forEach(([text, phases, value], k) => {
      if (!list.children[k]) list.append(html("li", {}, html("code", {}), html("span", { class: "value" })));
      const item = list.children[k];
      put(item.firstChild, text);
      put(item.lastChild, value ? `  # ${value}` : "");
      at(item, "class", phases.includes(phase) ? "lit" : "");
    });
    at(list, "data-mistake", mistake);
  }
}

/** The state as an address, a command, Python, CSV and pictures. */
class Exports {
  constructor(lab) {
    this.lab = lab;
    const block = (name) => {
      const pre = html("pre", { tabindex: 0, "aria-label": name }),
        copy = html(
          "button",
          {
            type: "button",
            onclick: async () => {
              await navigator.clipboard?.writeText(pre.textContent);
              lab.say(`${name} copied.`);
            },
          },
          "copy",
        );
      return [pre, html("div", { class: "export" }, html("p", { class: "row" }, html("strong", {}, name), copy), pre)];
    };
    [[this.address, this.addressBlock], [this.command, this.commandBlock], [this.python, this.pythonBlock]] = [
      "Address",
      "Command",
      "Python",
    ].map(block);
    const button = (name, act) => html("button", { type: "button", onclick: act }, name);
    this.rows = button("rows as CSV", () => save(new Blob([`${csv(lab.state)}\n`], { type: "text/csv" }), "rows.csv"));
    const pictures = lab.panels.flatMap((panel, k) =>
      ["SVG", "PNG"].map((kind) =>
        button(`${["data", "loss", "contours"][k]} as ${kind}`, () =>
          picture(panel.board.svg, `leastwise-${["data", "loss", "contours"][k]}`, kind),
        ),
      ),
    );
    this.el = html(
      "details",
      { class: "exports", ontoggle: () => this.draw() },
      html("summary", {}, "Take it with you: address, command, Python, pictures"),
      lab.host.hash ? this.addressBlock : "",
      this.commandBlock,
      this.pythonBlock,
      html("p", { class: "row" }, this.rows, ...pictures),
    );
  }

  draw() {
    if (!this.el.open) return;
    const { state, host } = this.lab;
    put(this.address, host.hash ? `${location.origin}${location.pathname}${toHash(state)}` : "");
    put(this.command, state.mistake ? `leastwise check --explain ${state.mistake}` : command(state));
    put(this.python, python(state));
    this.rows.hidden = !state.rows;
  }
}

function save(blob, name) {
  const link = html("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "opacity",
  "fill-opacity",
  "font-family",
  "font-size",
];

/** A chart as a picture of its own: styles written out, a ground under it. */
export function standalone(node) {
  const copy = node.cloneNode(true),
    ground = getComputedStyle(node).backgroundColor,
    from = [node, ...node.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((one, k) => {
    const computed = getComputedStyle(from[k]);
    one.setAttribute("style", STYLES.map((name) => `${name}:${computed.getPropertyValue(name)}`).join(";"));
    for (const name of ["tabindex", "role", "class"]) one.removeAttribute(name);
  });
  set(copy, { xmlns: SVG, width: 2 * WIDE, height: 2 * TALL });
  copy.prepend(svg("rect", { width: WIDE, height: TALL, fill: ground }));
  return new XMLSerializer().serializeToString(copy);
}

async function picture(node, name, kind) {
  const blob = new Blob([standalone(node)], { type: "image/svg+xml" });
  if (kind === "SVG") {
    save(blob, `${name}.svg`);
    return;
  }
  const image = new Image(),
    address = URL.createObjectURL(blob);
  image.src = address;
  await image.decode();
  const canvas = html("canvas", { width: 4 * WIDE, height: 4 * TALL });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  canvas.toBlob((png) => save(png, `${name}.png`), "image/png");
}

/** Which data: presets, a file of one's own, the columns of it. */
class Sources {
  constructor(lab) {
    this.lab = lab;
    this.preset = html("select", { "aria-label": "data", onchange: () => this.take(lab.known(this.preset.value)) });
    this.file = html("input", {
      type: "file",
      accept: ".csv,.tsv,.txt,.parquet,.pq,.json,.jsonl,.ndjson,.arrow,.feather,.gz",
      "aria-label": "open a file",
      onchange: () => this.upload(),
    });
    this.x = html("select", { "aria-label": "feature in the picture", onchange: () => lab.set({ x: +this.x.value }) });
    this.xLabel = html("label", {}, "feature in the picture ", this.x);
    this.target = html("select", { "aria-label": "target" });
    this.boxes = html("span", { class: "boxes" });
    this.columns = html(
      "details",
      { class: "columns" },
      html("summary", {}, "columns"),
      html(
        "p",
        { class: "row" },
        html("label", {}, "target ", this.target),
        this.boxes,
        html("button", { type: "button", onclick: () => this.choose() }, "Use these"),
      ),
    );
    this.note = html("p", { class: "hint" });
    this.el = html(
      "div",
      { class: "sources row" },
      html("label", {}, "data ", this.preset),
      lab.host.ask ? html("label", {}, "or a file ", this.file) : "",
      this.xLabel,
      lab.host.ask ? this.columns : "",
      this.note,
    );
  }

  take(found, settings = {}) {
    this.lab.pause();
    this.lab.open(found, settings);
    this.lab.say("");
    this.lab.panels[0].selected = 0;
    this.lab.held = false;
    this.lab.redraw();
  }

  async upload() {
    const [file] = this.file.files;
    if (!file) return;
    this.lab.say(`Reading ${file.name} ...`);
    try {
      this.begun(await this.lab.host.ask("upload", { name: file.name }, await file.arrayBuffer()));
    } catch (error) {
      this.lab.say(error.message);
    }
    this.file.value = "";
  }

  async choose() {
    const names = [...this.boxes.querySelectorAll("input:checked")]
      .map((box) => box.value)
      .filter((name) => name !== this.target.value);
    try {
      this.begun(await this.lab.host.ask("choose", { id: this.lab.state.set, target: this.target.value, names }));
    } catch (error) {
      this.lab.say(error.message);
    }
  }

  /** A new set begins at its best rate, from standardised features: raw ones may need millions of epochs. */
  begun(found) {
    this.take(found, { scale: "standardised", rate: 0.1, epochs: 50, at: 50 });
    this.lab.set({ rate: below(bestRate(this.lab.study.problem(this.lab.state).modes)) });
  }

  draw() {
    const { lab } = this,
      { state, info } = lab,
      all = [...info.presets, ...(info.own ? [info.own] : []), ...lab.sets.values()].filter(
        (one, k, list) => list.findIndex((other) => other.id === one.id) === k,
      );
    const key = all.map((one) => one.id).join();
    if (this.listed !== key) {
      this.listed = key;
      this.preset.replaceChildren(...all.map((one) => html("option", { value: one.id }, one.title)));
    }
    this.preset.value = state.set;
    this.xLabel.hidden = state.names.length < 2;
    if (this.named !== state.names.join()) {
      this.named = state.names.join();
      this.x.replaceChildren(...state.names.map((name, j) => html("option", { value: j }, name)));
    }
    this.x.value = state.x;
    const found = lab.known(state.set),
      columns = found?.columns || [];
    this.columns.hidden = columns.length < 3 || state.edited;
    const shown = JSON.stringify([state.set, columns, state.names, state.target]);
    if (this.shown !== shown) {
      this.shown = shown;
      this.target.replaceChildren(...columns.map((name) => html("option", { value: name }, name)));
      this.target.value = state.target;
      this.boxes.replaceChildren(
        ...columns.map((name) =>
          html(
            "label",
            {},
            html("input", { type: "checkbox", value: name, checked: state.names.includes(name) }),
            ` ${name}`,
          ),
        ),
      );
    }
    const few = state.rows
      ? ""
      : `${state.n.toLocaleString("en")} rows are fitted through the ${state.names.length + 2} that stand for them; the first ${state.sample.length.toLocaleString("en")} are drawn, and none can be moved.`;
    put(this.note, [few, ...(state.edited ? ["edited"] : found?.notes || [])].filter(Boolean).join(" "));
  }
}

// ---------------------------------------------------------------- Hosts: the page, the widget, the reports

/** The server of `leastwise lab`. The token of the address is kept for this tab, and taken out of what is shown. */
function server() {
  const given = new URLSearchParams(location.search).get("token");
  if (given) {
    sessionStorage.setItem("leastwise-token", given);
    history.replaceState(null, "", location.pathname + location.hash);
  }
  const token = sessionStorage.getItem("leastwise-token") || "";
  const ask = async (kind, told, file) => {
    const query = file ? `?${new URLSearchParams(told)}` : "",
      type = file ? "application/octet-stream" : "application/json";
    let reply;
    try {
      reply = await fetch(`/api/${kind}${query}`, {
        method: "POST",
        headers: { "content-type": type, "x-leastwise-token": token },
        body: file || JSON.stringify(told),
      });
    } catch {
      throw new Error("leastwise lab does not answer: start it again, and open the address that it prints");
    }
    const answer = await reply.json().catch(() => ({ error: "the answer of leastwise lab cannot be read" }));
    if (!reply.ok) throw new Error(answer.error);
    return answer;
  };
  return { ask, hash: true };
}

/** A notebook's model: questions go as messages, the state as a trait that Python can read and set. */
function kernel(model, lab) {
  const waiting = new Map();
  let asked = 0;
  model.on("msg:custom", (reply) => {
    const turn = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (turn) {
      if (reply.error) turn.fail(new Error(reply.error));
      else turn.done(reply.answer);
    }
  });
  const ask = (kind, told, file) =>
    new Promise((done, fail) => {
      asked += 1;
      waiting.set(asked, { done, fail });
      setTimeout(() => fail(new Error("the kernel does not answer: run the cell again")), PATIENCE);
      model.send({ id: asked, kind, told }, undefined, file ? [file] : []);
    });
  const shared = [...RUN_KEYS, "at", "rows", "names", "target", "set"];
  let own = "";
  const told = (state) => {
    const plain = { ...pick(state, shared), start: [...state.start] },
      run = lab().study.run(state),
      k = Math.min(state.at, run.last);
    own = JSON.stringify(plain);
    model.set("state", {
      ...JSON.parse(own),
      loss: k < 0 ? null : run.losses[k],
      theta: k < 0 ? null : [...lab().theta()],
    });
    model.save_changes();
  };
  model.on("change:state", () => {
    const given = pick(model.get("state") || {}, shared);
    if (JSON.stringify(given) === own || !given.names) return;
    const here = lab();
    here.state = fitted(
      {
        ...here.state,
        ...given,
        edited: here.state.edited || JSON.stringify(given.rows) !== JSON.stringify(here.state.rows),
      },
      here.state.start,
    );
    here.study.changed();
    here.redraw();
  });
  return { ask, told, hash: false };
}

/** The widget of anywidget. Its keys are its own: the notebook's shortcuts do not see them. */
function render({ model, el }) {
  el.dataset.lmSuppressShortcuts = "true";
  el.addEventListener("keydown", (event) => event.stopPropagation());
  let lab = null;
  lab = new Lab(
    el,
    model.get("info"),
    kernel(model, () => lab),
  );
  el.lab = lab;
  lab.begin();
  return () => lab.pause();
}

if (typeof document !== "undefined") {
  for (const el of document.querySelectorAll("[data-leastwise-lab]")) {
    const info = JSON.parse(el.querySelector("script").textContent);
    el.lab = new Lab(el, info, info.host === "page" ? server() : { ask: null, hash: false });
    el.lab.begin();
    if (info.host === "page") addEventListener("hashchange", () => location.reload());
  }
}

export default { render };
