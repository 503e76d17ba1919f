using System.Globalization;
using System.Text;
using TrainMm.Training.Exports;

namespace TrainMm.Cli.Display;

/// <summary>What is shown of an export.</summary>
public static class ExportLines
{
    /// <summary>The folder, its files, what it has no place for, and how the read-back compared.</summary>
    public static string Of(ExportResult result)
    {
        var text = new StringBuilder();
        var width = result.Files.Max(file => file.Key.Length);
        foreach (var (name, bytes) in result.Files) text.Append("  ").Append(name.PadRight(width)).Append("  ").Append(Units.Bytes(bytes)).Append('\n');
        if (result.LeftOut.Count > 0) text.Append("not in it, though trained: ").AppendJoin(", ", result.LeftOut).Append('\n');
        text.Append(result.Verification is { } verification
            ? string.Create(CultureInfo.InvariantCulture, $"read back: the largest error of a {verification.Of} is {verification.LargestError:0.0e+0}, of {verification.Of}s up to {verification.LargestLogit:0.##} (allowed: {verification.Tolerance:0.0e+0} of that)\n")
            : "not read back (--verify off)\n");
        return text.Insert(0, $"{result.Folder}\n").ToString();
    }
}
