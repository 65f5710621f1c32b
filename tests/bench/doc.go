// Package bench measures this project against hand-written JavaScript, JavaScript libraries and the usual Go
// way, side by side in one page of headless Chrome.
//
//	./build.sh                                                   the Go program and the libraries, into page/dist
//	go test -v -timeout=2h -run=TestMeasure . -plan=full         every cell; results/latest.json and a table
//	go test -v -run=TestMeasure . -plan=quick -workload='^burst' -competitor='^gpubuffers$|PlayCanvas'
//	go test -v -run=TestMeasure . -plan=full -workload=regret -regret=50 -seed=7      also -regret.only=9, to repeat one
//	go test -v -run=TestMeasureStart . -start.rounds=12           how pages start, on slow networks too; -start.beside=DIR
//	go -C report run . -docs ../../../docs ../results/latest.json   tables and plots of docs/performance.md
//
// A cell is one workload at one size. Its cases, one for each path of each competitor, run round by round,
// in another order each round, to the moment when the GPU is done; each round moves new data, whose checksum
// is verified. Of the rounds, median, quartiles and minimum are kept.
//
// Besides single transfers the workloads are those of programs: bursts, the load of a scene, frames, reads, buffers that
// come and go. Some are measured cold, with all that a competitor keeps made anew before each round, and some beside other
// users of the device.
//
// The workload "regret" is random workloads of a seed. Each is run by a new system as a program would, and by every path
// alone (page/regret.js). The first tells how good the engine's choice is if nobody tuned it for the case.
//
// page/ runs in the browser: a file a workload, a file a competitor, and the timing core. build.sh leaves the
// libraries out if npm cannot install them. pack.sh packs the benchmark and the headless tests for a host that has neither
// Go nor npm, such as one with a GPU. The flags above choose what runs there. As for all tests in a browser, CHROME_PATH and
// CHROME_GPU_FLAGS in the environment choose the browser and its GPU.
//
// How often a cell is measured and for how long is in page/plans.js. A short plan gives the engine few
// transfers to find its path in: draw conclusions from the full one.
package bench
