using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using TrainMm.Torch;

namespace TrainMm.Tests.Torch;

/// <summary>What the build of the shim says when it cannot find what it needs.</summary>
[SupportedOSPlatform("linux")]
public sealed class NativeBuildTests
{
    [Fact]
    public void AFolderWithoutLibtorchIsNamed()
    {
        using var folder = new TempFolder();
        Snapshot.Match(Build(folder, new() { ["TRAINMM_LIBTORCH"] = folder.Path }), "wrong-folder", folder.Path);
    }

    [Fact]
    public void AMissingLibtorchIsNamedWithItsPackages()
    {
        using var folder = new TempFolder();
        var compiler = Path.Combine(folder.Path, "compiler");
        File.WriteAllText(compiler, "#!/bin/sh\necho libtorch_cpu.so\n");
        File.SetUnixFileMode(compiler, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Snapshot.Match(Build(folder, new() { ["TRAINMM_LIBTORCH"] = string.Empty, ["CXX"] = compiler }), "no-libtorch", folder.Path);
    }

    [Fact]
    public void AMissingCompilerIsNamedWithItsPackages()
    {
        using var folder = new TempFolder();
        Snapshot.Match(Build(folder, new() { ["CXX"] = "no-such-compiler" }), "no-compiler", folder.Path);
    }

    [Fact]
    public void AMissingShimIsNamedWhenItIsFirstUsed()
    {
        using var folder = new TempFolder();
        var copy = Path.Combine(folder.Path, "TrainMm.Torch.dll");
        File.Copy(typeof(Runtime).Assembly.Location, copy);
        var context = new AssemblyLoadContext(nameof(AMissingShimIsNamedWhenItIsFirstUsed), isCollectible: true);
        var describe = context.LoadFromAssemblyPath(copy).GetType(typeof(Runtime).FullName!)!.GetMethod(nameof(Runtime.Describe))!;
        var problem = Assert.IsType<DllNotFoundException>(Assert.Throws<TargetInvocationException>(() => describe.Invoke(null, null)).InnerException);
        Snapshot.Match(problem.Message[..problem.Message.IndexOf("The system says", StringComparison.Ordinal)].TrimEnd(), "no-shim", folder.Path);
        context.Unload();
    }

    private static string Build(TempFolder folder, Dictionary<string, string> environment)
    {
        var script = Path.Combine(Snapshot.RepositoryRoot, "src", "TrainMm.Torch", "native", "build.sh");
        var start = new ProcessStartInfo("bash", [script, Path.Combine(folder.Path, "output")]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return $"{text.TrimEnd()}\nexit {process.ExitCode}";
    }
}
