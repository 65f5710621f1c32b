import js from "@eslint/js";
import globals from "globals";
import { parser, plugin } from "typescript-eslint";

const shipped = ["web/gpubuffers/*.js", "web/page/*.js", "web/examples/*.js"];

/** What wasm_exec.js, the bundler, and a flag of the tests' Chrome add to the globals of a browser. */
const added = { Go: "readonly", require: "readonly", gc: "readonly" };

/** What is asked for beyond the recommended rules. */
const rules = {
  "array-callback-return": "error",
  eqeqeq: "error",
  "no-constructor-return": "error",
  "no-duplicate-imports": "error",
  "no-shadow": ["error", { ignoreOnInitialization: true }],
  "no-template-curly-in-string": "error",
  "no-throw-literal": "error",
  "no-undef-init": "error",
  "no-unreachable-loop": "error",
  "no-unused-expressions": "error",
  "no-unused-vars": ["error", { ignoreRestSiblings: true }],
  "no-useless-computed-key": "error",
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
  "prefer-object-has-own": "error",
};

export default [
  { ignores: ["tests/bench/page/dist/", "tests/headless/artifacts/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  { rules, languageOptions: { globals: { ...globals.browser, ...added } } },
  { files: ["tests/npm/apps/next/**"], languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } } },
  { files: ["tests/npm/node/**"], languageOptions: { globals: globals.node } },
  {
    files: shipped,
    languageOptions: { parser, parserOptions: { project: ["./module/tsconfig.json", "./page/tsconfig.json"], tsconfigRootDir: import.meta.dirname } },
    plugins: { "@typescript-eslint": plugin },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-unnecessary-type-assertion": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
];
