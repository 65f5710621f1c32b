export default {
  optimizeDeps: { exclude: ["gpubuffers"] },
  build: { rollupOptions: { input: ["index.html", "worker.html"] } },
  worker: { format: "es" },
};
