using System.CommandLine;
using TrainMm.Cli.Machine;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Cli.Commands;

/// <summary><c>trainmm doctor</c>: what this machine offers, and what slows it down.</summary>
public static class DoctorCommand
{
    /// <summary>Describes the command to the parser.</summary>
    public static Command Create()
    {
        var command = new DocumentedCommand(
            "doctor",
            "Shows what this machine offers (libtorch, GPU, BLAS speed, threads, memory, disk) and what is wrong with it.",
            new Example("After set-up, or when training is slow", "trainmm doctor"));
        command.SetAction(parsed => (int)Show(Examination.Run(), parsed.InvocationConfiguration.Output));
        return command;
    }

    /// <summary>Writes findings as lines, each with its advice below it.</summary>
    /// <param name="findings">What was found.</param>
    /// <param name="output">Where to write.</param>
    /// <returns><see cref="ExitCode.Failure"/> where nothing can be trained like this.</returns>
    public static ExitCode Show(IEnumerable<Finding> findings, TextWriter output)
    {
        var worst = Verdict.Good;
        foreach (var finding in findings)
        {
            var mark = finding.Verdict switch { Verdict.Good => "ok", Verdict.Poor => "WARN", _ => "FAIL" };
            output.WriteLine($"{mark,-4}  {finding.Subject,-17}  {finding.Text}");
            if (finding.Advice is not null) output.WriteLine($"{"",-4}  {"",-17}  -> {finding.Advice}");
            if (finding.Verdict > worst) worst = finding.Verdict;
        }

        return worst == Verdict.Broken ? ExitCode.Failure : ExitCode.Done;
    }
}
