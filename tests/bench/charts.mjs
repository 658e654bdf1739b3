export async function writeCharts() {}
