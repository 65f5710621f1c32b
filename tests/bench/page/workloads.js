import * as upload from "./workloads/upload.js";
import * as bursts from "./workloads/burst.js";
import * as scenes from "./workloads/scene.js";
import * as sparse from "./workloads/sparse.js";
import * as readback from "./workloads/readback.js";
import * as streams from "./workloads/stream.js";
import * as reads from "./workloads/reads.js";
import * as frame from "./workloads/frame.js";
import { burstBeside, uploadBeside } from "./workloads/beside.js";
import * as map from "./workloads/map.js";
import * as lifetime from "./workloads/lifetime.js";
import * as calibrate from "./workloads/calibrate.js";

export const workloads = {
  upload,
  burst: bursts.warm,
  "burst, cold": bursts.cold,
  "scene load": scenes.warm,
  "scene load, cold": scenes.cold,
  "burst beside a renderer": burstBeside("a renderer"),
  "burst beside a mover of data": burstBeside("a mover of data"),
  "upload beside a renderer": uploadBeside("a renderer"),
  "upload beside a mover of data": uploadBeside("a mover of data"),
  "sparse update": sparse,
  readback,
  stream: streams.stream,
  ReadableStream: streams.readable,
  "reads, adjacent": reads.adjacent,
  "reads, scattered": reads.scattered,
  "reads in a row, adjacent": reads.adjacentInRow,
  "reads in a row, scattered": reads.scatteredInRow,
  "first read": reads.coldSingle,
  "first reads, adjacent": reads.coldAdjacent,
  "first reads, scattered": reads.coldScattered,
  "frame, one at a time": frame.single,
  "frames in flight": frame.inFlight,
  "mapAsync": map,
  "create and destroy": lifetime.plain,
  "create, bind, destroy": lifetime.bound,
  calibrate,
};
