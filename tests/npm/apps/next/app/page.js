"use client";
import { useEffect, useRef } from "react";
import { first } from "../first.js";
import { show } from "../show.js";

export default function Page() {
  const canvas = useRef(null);
  useEffect(() => void show(first(canvas.current)), []);
  return <canvas ref={canvas} width="64" height="64" />;
}
