using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using TrainMm.Cli.Commands;
using TrainMm.Cli.Display;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Cli;

/// <summary>The program as its user sees it: commands, help, and exit codes for everything that can go wrong.</summary>
public static class CommandLine
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The words after the program's name.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where messages about mistakes go.</param>
    /// <returns>The process's exit code, one of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var parsed = CreateRoot().Parse(arguments);
        // Signals are the training loop's: it finishes its step and writes a checkpoint, which takes longer than a time-out here.
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (parsed.Action is ParseErrorAction)
        {
            UsageMistake.Show(parsed, error);
            return (int)ExitCode.Configuration;
        }

        try
        {
            return parsed.Invoke(configuration);
        }
        catch (Exception exception)
        {
            return (int)Failures.Show(exception, parsed.GetValue(CommonOptions.Verbose), error);
        }
    }

    /// <summary>The command tree.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand(
            "TrainMm joins a frozen vision encoder and a frozen language model by a projector, trains the projector on image-text pairs "
            + "(pretrain), then tunes it with an adapter on instructions (sft).")
        {
            CommonOptions.Verbose,
            PretrainCommand.Create(),
            SftCommand.Create(),
            EvalCommand.Create(),
            GenerateCommand.Create(),
            ExportCommand.Create(),
            DescribeCommand.Create(),
            CheckCommand.Create(),
            DoctorCommand.Create(),
            VerifyResumeCommand.Create(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }
}
