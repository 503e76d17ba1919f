using System.Diagnostics;

namespace TrainMm.EndToEndTests;

/// <summary>A disk of 16 MB that becomes full while a run writes to it.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Disk => Path.Combine(folder.Path, "disk");

    public void Dispose()
    {
        Mounting.Unmount(Disk);
        folder.Dispose();
    }

    [MountFact]
    public void TheRunSaysSoAndGoesOnOnceThereIsRoom()
    {
        Directory.CreateDirectory(Disk);
        Assert.True(Mounting.Mount(Disk));
        var filler = Path.Combine(Disk, "filler");
        File.WriteAllBytes(filler, new byte[8 << 20]);
        string[] line = [.. SmokeRuns.PretrainLine(Path.Combine(Disk, "run")), .. ((string[])["checkpoint.every_steps=1", "checkpoint.keep_last=100", "evaluation.every_steps=0"]).SelectMany(value => (string[])["--set", value])];
        var full = Trainmm.Run(line).With(1);
        Assert.Contains("is full. The checkpoint of step", full.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", full.Error, StringComparison.Ordinal);
        var steps = Directory.GetDirectories(Path.Combine(Disk, "run", "checkpoints"), "step-*").Length;
        Assert.InRange(steps, 1, 11);

        File.Delete(filler);
        var resumed = Trainmm.Run([.. line, "--set", "checkpoint.keep_last=1", "--allow-change", "checkpoint"]).With(0);
        Assert.Contains($"Going on after step {steps}", resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Passed over", resumed.Output, StringComparison.Ordinal);
    }
}

/// <summary>A test that mounts a file system in memory; skipped by name where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly bool IsAllowed = Try();

    public MountFactAttribute()
    {
        if (!IsAllowed) Skip = "A file system in memory cannot be mounted by this user.";
    }

    private static bool Try()
    {
        using var folder = new TempFolder();
        var allowed = Mounting.Mount(folder.Path);
        if (allowed) Mounting.Unmount(folder.Path);
        return allowed;
    }
}

/// <summary>File systems in memory.</summary>
internal static class Mounting
{
    internal static bool Mount(string folder) => OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder);

    internal static void Unmount(string folder) => Run("umount", folder);

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
            process.StandardOutput.ReadToEnd();
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
