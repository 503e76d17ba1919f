namespace TrainMm.Torch;

/// <summary>What the doctor says about libtorch.</summary>
/// <param name="Engine">Which engine carries the TorchSharp API.</param>
/// <param name="Version">libtorch's version.</param>
/// <param name="Path">The file that libtorch's code was loaded from; empty when unknown.</param>
/// <param name="NewAbi">Whether it was built with the new ABI of libstdc++.</param>
/// <param name="CudaDevices">How many CUDA devices it can use.</param>
/// <param name="Blas">The BLAS library that multiplies its float32 matrices.</param>
/// <param name="Threads">Threads of one operation.</param>
/// <param name="Configuration">libtorch's own account of how it was built; empty when unknown.</param>
public sealed record RuntimeFacts(string Engine, string Version, string Path, bool NewAbi, int CudaDevices, string Blas, int Threads, string Configuration);
