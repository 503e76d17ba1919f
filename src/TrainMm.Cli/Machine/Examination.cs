using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using TrainMm.Cli.Display;
using TrainMm.Data.Media;
using TrainMm.Torch;

namespace TrainMm.Cli.Machine;

/// <summary>Looks at everything on this machine that training depends on.</summary>
public static class Examination
{
    private const double SlowGemm = 25;
    private const long LowDisk = 2L << 30;

    // One white pixel.
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

    /// <summary>Looks, and tells each finding as soon as it is known.</summary>
    public static IEnumerable<Finding> Run()
    {
        yield return new(Verdict.Good, "trainmm", $"{typeof(Examination).Assembly.GetName().Version!.ToString(3)} on .NET {Environment.Version}, {RuntimeInformation.OSDescription}");
        var (facts, problem) = Facts();
        if (facts is not null)
        {
            yield return new(Verdict.Good, "libtorch", $"{facts.Version} ({facts.Path}), {facts.Engine}");
            yield return new(Verdict.Good, "GPU", facts.CudaDevices > 0 ? $"{facts.CudaDevices} CUDA device(s)" : "none that this libtorch can use; training runs on the processor");
            foreach (var finding in Products(facts)) yield return finding;
            yield return new(Verdict.Good, "threads", $"{facts.Threads} an operation, {Environment.ProcessorCount} cores");
        }
        else
        {
            yield return new(Verdict.Broken, "libtorch", "not found", problem);
        }

        yield return Pictures();
        yield return Memory();
        yield return Disk();
    }

    private static (RuntimeFacts? Facts, string? Problem) Facts()
    {
        try
        {
            return (Runtime.Describe(), null);
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
        {
            return (null, (exception.InnerException ?? exception).Message);
        }
    }

    private static IEnumerable<Finding> Products(RuntimeFacts facts)
    {
        var single = GemmSpeed.Measure(torch.ScalarType.Float32);
        var half = GemmSpeed.Measure(torch.ScalarType.BFloat16);
        yield return Judged("BLAS", facts.Blas, BlasAdvice.AboutLibrary(facts));
        if (BlasAdvice.ForcedCore is { } core) yield return Judged("OPENBLAS_CORETYPE", core, BlasAdvice.AboutForcedCore());
        yield return Judged(
            "matrix products",
            string.Create(CultureInfo.InvariantCulture, $"{single:0} GFLOP/s in float32, {half:0} in bfloat16"),
            single < SlowGemm ? "a processor of today reaches several tens per core: see BLAS above, and whether other work is going on" : null);
    }

    private static Finding Judged(string subject, string text, string? advice) => new(advice is null ? Verdict.Good : Verdict.Poor, subject, text, advice);

    private static Finding Pictures()
    {
        try
        {
            using var picture = ImageDecoder.Decode(Convert.FromBase64String(Png), "a test picture");
            return new(Verdict.Good, "pictures", "JPEG, PNG and WebP can be read");
        }
        catch (DllNotFoundException exception)
        {
            return new(Verdict.Broken, "pictures", "cannot be read", exception.Message);
        }
    }

    private static Finding Memory()
    {
        var all = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new(Verdict.Good, "memory", FreeMemory() is { } free ? $"{Units.Bytes(free)} free of {Units.Bytes(all)}" : Units.Bytes(all));
    }

    private static long? FreeMemory()
    {
        const string Name = "MemAvailable:";
        if (!OperatingSystem.IsLinux()) return null;
        var line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    private static Finding Disk()
    {
        var disk = new DriveInfo(Environment.CurrentDirectory);
        var low = disk.AvailableFreeSpace < LowDisk;
        return Judged("disk", $"{Units.Bytes(disk.AvailableFreeSpace)} free here", low ? "checkpoints of a large model need more" : null);
    }
}
