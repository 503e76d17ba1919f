using System.Diagnostics;

namespace TrainMm.EndToEndTests;

/// <summary>The program as its user runs it: a process of its own.</summary>
public static class Trainmm
{
    /// <summary>Where configurations and data lie.</summary>
    public static string Root { get; } = Snapshot.RepositoryRoot;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs a command line in the checkout's root and waits for its end.</summary>
    public static Outcome Run(params string[] arguments) => Start(arguments).Finish();

    /// <summary>Starts a command line in the checkout's root.</summary>
    public static Running Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "trainmm.dll"), .. arguments])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment["NO_COLOR"] = "1";
        return new Running(Process.Start(start)!, string.Join(' ', arguments));
    }

    /// <summary>A process under way.</summary>
    public sealed class Running(Process process, string line)
    {
        private readonly Task<string> output = process.StandardOutput.ReadToEndAsync();
        private readonly Task<string> error = process.StandardError.ReadToEndAsync();

        /// <summary>Whether it has ended.</summary>
        public bool HasExited => process.HasExited;

        /// <summary>Asks it to stop, as a scheduler does.</summary>
        public void Terminate()
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
            kill.WaitForExit();
        }

        /// <summary>Types a text on its standard input and closes it.</summary>
        public Running Type(string text)
        {
            process.StandardInput.Write(text);
            process.StandardInput.Close();
            return this;
        }

        /// <summary>Waits for its end.</summary>
        public Outcome Finish()
        {
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"trainmm {line} did not end within {Patience}.");
            }

            return new Outcome(process.ExitCode, output.Result, error.Result);
        }
    }

    /// <summary>What a process left.</summary>
    public sealed record Outcome(int Code, string Output, string Error)
    {
        /// <summary>The outcome, once its exit code is the expected one.</summary>
        public Outcome With(int code)
        {
            Assert.True(Code == code, $"exit code {Code}, not {code}\n{Output}\n{Error}");
            return this;
        }
    }
}
