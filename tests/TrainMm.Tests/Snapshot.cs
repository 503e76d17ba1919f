using System.Runtime.CompilerServices;
using System.Text;

namespace TrainMm.Tests;

/// <summary>
/// Compares what a user sees with a text file, <c>Snapshots/&lt;TestClass&gt;.&lt;name&gt;.txt</c>.
/// With <c>TRAINMM_UPDATE_SNAPSHOTS=1</c> the files are written instead: look at them before they are committed.
/// </summary>
public static class Snapshot
{
    /// <summary>Fails, with a diff, unless the text is that of the snapshot file.</summary>
    /// <param name="actual">What the user sees.</param>
    /// <param name="name">Names the file within the test class; letters, digits, dashes.</param>
    /// <param name="folder">A temporary folder whose path is shown as <c>&lt;folder&gt;</c>, so that the text does not depend on the machine.</param>
    /// <param name="testFile">Filled in by the compiler: its name is the test class's.</param>
    public static void Match(string actual, string name, string? folder = null, [CallerFilePath] string testFile = "")
    {
        var fileName = $"{Path.GetFileNameWithoutExtension(testFile)}.{name}";
        var expectedPath = Path.Combine(RepositoryRoot, "tests", "TrainMm.Tests", "Snapshots", fileName + ".txt");
        var text = Normalise(actual, folder);
        if (string.Equals(Environment.GetEnvironmentVariable("TRAINMM_UPDATE_SNAPSHOTS"), "1", StringComparison.Ordinal))
        {
            File.WriteAllText(expectedPath, text);
            return;
        }

        var expected = File.Exists(expectedPath) ? File.ReadAllText(expectedPath).ReplaceLineEndings("\n") : "";
        if (string.Equals(text, expected, StringComparison.Ordinal)) return;
        var received = Path.Combine(Directory.CreateTempSubdirectory("trainmm-snapshot-").FullName, fileName + ".received.txt");
        File.WriteAllText(received, text);
        Assert.Fail($"{fileName}.txt {(File.Exists(expectedPath) ? "differs" : "does not exist")} (- expected, + received).\n{Diff(expected, text)}received: {received}");
    }

    /// <summary>The checkout's root folder, found upwards from the test assembly.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "TrainMm.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"TrainMm.sln is in no folder above {AppContext.BaseDirectory}.");
    }

    private static string Normalise(string text, string? folder)
    {
        if (folder is not null) text = text.Replace(folder, "<folder>", StringComparison.Ordinal);
        return text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
    }

    private static string Diff(string expected, string actual)
    {
        var before = expected.TrimEnd('\n').Split('\n');
        var after = actual.TrimEnd('\n').Split('\n');
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        var lines = new StringBuilder();
        for (int i = 0, j = 0; i < before.Length || j < after.Length;)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j])
            {
                lines.Append("  ").Append(before[i++]).Append('\n');
                j++;
            }
            else if (j == after.Length || (i < before.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Append("- ").Append(before[i++]).Append('\n');
            }
            else
            {
                lines.Append("+ ").Append(after[j++]).Append('\n');
            }
        }

        return lines.ToString();
    }
}
