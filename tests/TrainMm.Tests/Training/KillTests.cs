using System.Diagnostics;

namespace TrainMm.Tests.Training;

/// <summary>A real kill at a named point, inside a checkpoint's writing included: the same command then ends with the bytes of a run that nobody disturbed.</summary>
public sealed class KillTests : IDisposable
{
    private const int Killed = 128 + 9;
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData("step:3")]
    [InlineData("save:5")]
    [InlineData("rename:1")]
    [InlineData("rename:2")]
    public void AKilledRunGoesOnBitwise(string fault)
    {
        run.Train("whole");
        Assert.Equal(Killed, Pretrain(fault));
        Assert.False(Directory.Exists(run.Path("runs/killed/final")));
        Assert.Equal(0, Pretrain(fault: null));
        Assert.Equal(run.Final("whole"), run.Final("killed"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("killed"));
        Assert.DoesNotContain(Directory.GetDirectories(run.Path("runs/killed/checkpoints")), folder => Path.GetFileName(folder).StartsWith('.'));
    }

    private int Pretrain(string? fault)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "trainmm.dll"), "pretrain", "--config", run.Path("pretrain.yaml"), "--run-dir", run.Path("runs/killed")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["TRAINMM_FAULT"] = fault;
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
